/** Replaces `emit/typescript/load-runtime.ts` in a web page, which cannot read files. */
import { Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { RuntimeParts } from "../../compiler/emit/typescript/runtime-parts.ts";
import { runtimeDeclarations } from "./runtime-declarations.ts";

/** @throws Unsupported for f64: the page contains only the declarations of f32 */
export async function loadRuntime(float: "f32" | "f64"): Promise<RuntimeParts> {
  if (float !== "f32") throw new Unsupported("the playground compiles to f32 only");
  return new Map(runtimeDeclarations.map((declaration) => [declaration.name, declaration]));
}
