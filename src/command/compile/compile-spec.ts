/**
 * What every command begins with: from the file of a spec to a compilation, its warnings told, its faults
 * placed in the file.
 */
import type { TargetCompilation, TargetOptions } from "../../compiler/compile-target.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { readSpec } from "../../compiler/spec/read/read-spec.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-of-tree.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import { errorText } from "../../compiler/util/error-text.ts";
import type { Placing } from "../../runtime/data/dataset.ts";
import { inFile } from "../formats/tables/open-bytes.ts";
import { say } from "../terminal/report-error.ts";

/** `source` places what is found to be wrong with the spec only later, as when its data is read. */
export interface CompiledSpec {
  readonly compilation: TargetCompilation;
  readonly source: SpecSource;
  /** Whether the spec says which others `tapeless search` tries. */
  readonly hasSearch: boolean;
}

/** @throws DiagnosticError with everything that is wrong with the spec, each with its place. */
export async function compileSpec(file: string, options: TargetOptions): Promise<CompiledSpec> {
  const { model, warnings, source, search } = await readGuarded(file);
  const { compileFor } = await import("../../compiler/compile-target.ts");
  const compilation = await located(source, () => compileFor(model, options));
  say([...warnings, ...(await source.locate(compilation.built.warnings))]);
  return { compilation, source, hasSearch: search !== undefined };
}

/**
 * A spec in TypeScript is a program, and may end the whole process: by `process.exit`, or by awaiting what
 * never comes. Then nothing has been compiled, and whoever called must not take that for success.
 */
export async function readGuarded(file: string): Promise<ReadSpec> {
  const ended = () => {
    const message = "the file ends the process while it is run, so it gives no spec";
    const hint = "it may call process.exit(), or await what never comes";
    say([{ code: "T1009", severity: "error", message, place: { file }, hint }]);
    process.exitCode = 2;
  };
  process.once("exit", ended);
  const fault = uncaughtFault(file);
  try {
    return await Promise.race([readSpec(file), fault.thrown]);
  } finally {
    fault.release();
    process.removeListener("exit", ended);
  }
}

/** What nobody catches while the file is run: a promise that is rejected, an exception in a timer. */
function uncaughtFault(file: string): { readonly thrown: Promise<never>; release(): void } {
  let refuse: (error: unknown) => void = () => {};
  const thrown = new Promise<never>((_, reject) => {
    refuse = (error) => reject(specFault(file, "while it is run", error));
  });
  // Other listeners would end the process.
  const exceptions = process.listeners("uncaughtException");
  const rejections = process.listeners("unhandledRejection");
  process.removeAllListeners("uncaughtException").on("uncaughtException", refuse);
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", refuse);
  const release = () => {
    process.removeListener("uncaughtException", refuse).removeListener("unhandledRejection", refuse);
    for (const listener of exceptions) process.on("uncaughtException", listener);
    for (const listener of rejections) process.on("unhandledRejection", listener);
  };
  return { thrown, release };
}

const specFault = (file: string, when: string, error: unknown): DiagnosticError => {
  const message = `the file fails ${when}: ${errorText(error)}`;
  return new DiagnosticError([{ code: "T1009", severity: "error", message, place: { file } }]);
};

// Errors of an emitted trainer as diagnostics. The trainer is a module of its own with its own copies of the
// runtime's error classes, so `instanceof` does not know them; their names do.

/** For rows: what is wrong with them is told with their file. */
export const onData: Placing = (file, work) => onFile(file, "T2004", work);

/** Does some work on what a file held; whatever the trainer or the runtime has against it is told with the file. */
export function onFile<T>(file: string, code: "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return inFile(file, code, work);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InputError") throw error;
    throw new DiagnosticError([{ code, severity: "error", message: error.message, place: { file } }]);
  }
}
