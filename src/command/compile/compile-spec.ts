/**
 * Compilation for all commands: reads a spec, reports its diagnostics, checks stage names in flags, and
 * compares WebAssembly kernels with TypeScript kernels.
 */
import type { TargetCompilation, TargetOptions } from "../../compiler/compile-target.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { readSpec } from "../../compiler/spec/read/read-spec.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec, SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { NameError } from "../../compiler/stage-names.ts";
import { defaultTarget, hasAbility } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";
import { didYouMean, errorText, shellWord, showValue } from "../../compiler/util/message-text.ts";
import type { LocateErrors } from "../../runtime/data/dataset.ts";
import { inFile } from "../formats/tables/open-bytes.ts";
import { printDiagnostics, usageError } from "../terminal/report-error.ts";

// Flags that name compiler stages.

export interface StageFlags {
  readonly skip?: readonly string[] | undefined;
  readonly stopAfter?: string | undefined;
}

/** @throws DiagnosticError for an unknown stage, or a required stage in `--skip`. */
export async function checkStageFlags({ skip = [], stopAfter }: StageFlags): Promise<void> {
  if (skip.length === 0 && stopAfter === undefined) return;
  const { skippedNameError, stageNameError } = await import("../../compiler/stage-names.ts");
  for (const name of skip) throwUsageError("--skip", skippedNameError(name));
  if (stopAfter !== undefined) throwUsageError("--stop-after", stageNameError(stopAfter));
}

/** Converts the flags to words of a command line. */
export const stageWords = ({ skip = [], stopAfter }: StageFlags): readonly string[] => [
  ...(skip.length === 0 ? [] : ["--skip", skip.join(",")]),
  ...(stopAfter === undefined ? [] : ["--stop-after", stopAfter]),
];

function throwUsageError(flag: string, error: NameError | undefined): void {
  if (error !== undefined) throw usageError(`${flag}: ${error.message}`, error.hint);
}

/**
 * @throws DiagnosticError for a name in `inspect --pass` that is not a pass that `inspect` shows.
 */
export async function checkShownPass(name: string): Promise<void> {
  const { shownPasses } = await import("../../studio/explain/explain-passes.ts");
  if (shownPasses.includes(name)) return;
  const similar = didYouMean(name, shownPasses);
  throw usageError(
    `unknown pass ${showValue(name)}`,
    similar ? `did you mean ${similar}?` : `passes: ${shownPasses.join(", ")}`,
  );
}

// Compiles the spec in a file. Warnings are printed, and errors get their location in the file.

/** `source` locates errors in the spec that are found later, for example when its data is read. */
export interface CompiledSpec {
  readonly compilation: TargetCompilation;
  readonly source: SpecSource;
  /** Whether the spec has a `training.search`. */
  readonly hasSearch: boolean;
}

/**
 * @param onFile receives the path of each model file before the file is read
 * @throws DiagnosticError with all errors of the spec, each with its location.
 */
export async function compileSpec(
  file: string,
  options: TargetOptions,
  onFile?: (path: string) => void,
): Promise<CompiledSpec> {
  const { model, warnings, source, search } = await readGuarded(file, onFile);
  const { compileFor } = await import("../../compiler/compile-target.ts");
  const compilation = await located(source, () => compileFor(model, options));
  printDiagnostics([...warnings, ...(await source.locate(compilation.built.warnings))]);
  return { compilation, source, hasSearch: search !== undefined };
}

/**
 * Reads a spec. A spec in TypeScript is a program and may end the process, by `process.exit` or by awaiting a
 * promise that never settles. The exit code must then report a failure.
 */
export async function readGuarded(file: string, onFile?: (path: string) => void): Promise<ReadSpec> {
  const ended = () => {
    printDiagnostics([endedDiagnostic(file)]);
    process.exitCode = 2;
  };
  process.once("exit", ended);
  const uncaught = catchUncaught(file);
  try {
    return await Promise.race([readSpec(file, onFile), uncaught.thrown]);
  } finally {
    uncaught.release();
    process.removeListener("exit", ended);
  }
}

/** The diagnostic of a spec that ends the process, or the thread, that runs it. */
export const endedDiagnostic = (file: string): Diagnostic => ({
  code: "T1009",
  severity: "error",
  message: "the process ends while the file runs, before the file exports a spec",
  location: { file },
  hint: "it may call process.exit(), or await a promise that never settles",
});

/**
 * Catches errors that the file leaves uncaught while it runs: a rejected promise, an exception in a timer.
 */
function catchUncaught(file: string): { readonly thrown: Promise<never>; release(): void } {
  let refuse: (error: unknown) => void = () => {};
  const thrown = new Promise<never>((_, reject) => {
    refuse = (error) => reject(specError(file, "while it runs", error));
  });
  // The existing listeners would end the process, so they are removed while the file runs.
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

const specError = (file: string, when: string, error: unknown): DiagnosticError => {
  const message = `the file throws ${when}: ${errorText(error)}`;
  return new DiagnosticError([{ code: "T1009", severity: "error", message, location: { file } }]);
};

// Converts errors of an emitted trainer to diagnostics. The trainer contains its own copies of the runtime's
// error classes, so they are matched by name and not by `instanceof`.

/** Reports errors in rows together with their file. */
export const onData: LocateErrors = (file, work) => onFile(file, "T2004", work);

/** Runs `work` on the content of a file. Errors of the trainer or the runtime are reported with the file. */
export function onFile<T>(file: string, code: "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return inFile(file, code, work);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InputError") throw error;
    throw new DiagnosticError([{ code, severity: "error", message: error.message, location: { file } }]);
  }
}

// Before a trainer with WebAssembly is written or run, its kernels are compared with the TypeScript kernels.

interface KernelFlags extends StageFlags {
  readonly target: Target;
  readonly dtype: "f32" | "f64";
  readonly exact?: boolean;
  /** False with `--no-check-kernels`. */
  readonly checkKernels?: boolean;
}

/** Whether to compare kernels. */
export const comparesKernels = ({ target, checkKernels = true }: KernelFlags): boolean =>
  checkKernels && hasAbility(target, "kernels");

/** @throws InternalError if the kernels differ. */
export async function checkEmitted(
  spec: string,
  compilation: TargetCompilation,
  emitted: EmittedModule,
  flags: KernelFlags,
): Promise<void> {
  if (!comparesKernels(flags)) return;
  const { checkKernels } = await import("../../compiler/check-kernels.ts");
  const { target, dtype, exact } = flags;
  const words = ["tapeless", "compile", spec, "--target", target];
  if (dtype !== "f32") words.push("--dtype", dtype);
  if (exact) words.push("--exact");
  words.push(...stageWords(flags));
  checkKernels(compilation, emitted, {
    reproduce: words.map(shellWord).join(" "),
    instead: `--target ${defaultTarget} avoids these kernels; --no-check-kernels skips the comparison`,
  });
}
