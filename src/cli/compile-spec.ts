/** What every command begins with: from the file of a spec to a compilation, its warnings told, its faults placed in the file. */
import type { Compilation, PipelineOptions } from "../pipeline.ts";
import { located, type SpecSource } from "../spec/read/spec-source.ts";
import { readSpec } from "../spec/read/read-spec.ts";
import type { ReadSpec } from "../spec/read/spec-of-tree.ts";
import { say } from "./report-error.ts";

/** `source` places what is found to be wrong with the spec only later, as when its data is read. */
export interface CompiledSpec {
  readonly compilation: Compilation;
  readonly source: SpecSource;
  /** Whether the spec says which others `tapeless search` tries. */
  readonly hasSearch: boolean;
}

/** @throws DiagnosticError with everything that is wrong with the spec, each with its place. */
export async function compileSpec(file: string, options: PipelineOptions): Promise<CompiledSpec> {
  const { model, warnings, source, search } = await readGuarded(file);
  const { compileModel } = await import("../pipeline.ts");
  const compilation = await located(source, () => compileModel(model, options));
  say([...warnings, ...(await source.locate(compilation.built.warnings))]);
  return { compilation, source, hasSearch: search !== undefined };
}

/**
 * A spec in TypeScript is a program, and may end the whole process: by `process.exit`, or by awaiting what never comes. Then
 * nothing has been compiled, and whoever called must not take that for success.
 */
export async function readGuarded(file: string): Promise<ReadSpec> {
  const ended = () => {
    const message = "the file ends the process while it is run, so it gives no spec";
    const hint = "it may call process.exit(), or await what never comes";
    say([{ code: "T1009", severity: "error", message, place: { file }, hint }]);
    process.exitCode = 2;
  };
  process.once("exit", ended);
  try {
    return await readSpec(file);
  } finally {
    process.removeListener("exit", ended);
  }
}
