/** What every command begins with: from the file of a spec to a compilation, its warnings told, its faults placed in the file. */
import type { Compilation, PipelineOptions } from "../pipeline.ts";
import { located } from "../spec/read/spec-source.ts";
import { readSpec } from "../spec/read/read-spec.ts";
import { say } from "./report-error.ts";

/** @throws DiagnosticError with everything that is wrong with the spec, each with its place. */
export async function compileSpec(file: string, options: PipelineOptions): Promise<Compilation> {
  const { model, warnings, source } = await readSpec(file);
  const { compileModel } = await import("../pipeline.ts");
  const compilation = await located(source, () => compileModel(model, options));
  say([...warnings, ...(await source.locate(compilation.built.warnings))]);
  return compilation;
}
