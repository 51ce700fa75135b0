/**
 * Replaces `src/compiler/emit/typescript/load-runtime.ts` in the published package, which contains no
 * sources: reads the declarations that the build has extracted from them.
 */
import { readFileSync } from "node:fs";
import type * as replaced from "../../../compiler/emit/typescript/load-runtime.ts";
import type { Declaration } from "../../../compiler/emit/typescript/runtime-parts.ts";

export const loadRuntime: typeof replaced.loadRuntime = async (kind) => {
  const file = new URL(`../../../../dist/runtime-${kind}.json`, import.meta.url);
  const declarations: readonly Declaration[] = JSON.parse(readFileSync(file, "utf8"));
  return new Map(declarations.map((declaration) => [declaration.name, declaration]));
};
