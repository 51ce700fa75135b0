/**
 * The declarations of the runtime in f32. A page cannot read files, so the bundler inserts the declarations
 * here (`src/studio/web/playground-code.ts`).
 */
import type { Declaration } from "../../compiler/emit/typescript/runtime-parts.ts";

export const runtimeDeclarations: readonly Declaration[] = [];
