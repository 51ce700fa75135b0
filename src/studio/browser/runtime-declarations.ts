/**
 * The runtime's declarations in f32. A page cannot read them from files, so the bundler inserts them here
 * (`src/studio/web/playground-code.ts`).
 */
import type { Declaration } from "../../compiler/emit/typescript/runtime-parts.ts";

export const runtimeDeclarations: readonly Declaration[] = [];
