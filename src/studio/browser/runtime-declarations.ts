/**
 * The runtime's declarations in f32, which a page cannot read from files: the bundler puts them here
 * (`src/studio/web/playground-code.ts`).
 */
import type { Declaration } from "../../compiler/emit/typescript/runtime-parts.ts";

export const runtimeDeclarations: readonly Declaration[] = [];
