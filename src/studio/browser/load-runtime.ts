/** Stands in a page for `emit/typescript/load-runtime.ts`, which reads files. */
import { Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { RuntimeParts } from "../../compiler/emit/typescript/runtime-parts.ts";
import { runtimeDeclarations } from "./runtime-declarations.ts";

/** @throws Unsupported for f64: the page carries the declarations of f32 alone */
export async function loadRuntime(float: "f32" | "f64"): Promise<RuntimeParts> {
  if (float !== "f32") throw new Unsupported("the playground compiles to f32 alone");
  return new Map(runtimeDeclarations.map((declaration) => [declaration.name, declaration]));
}
