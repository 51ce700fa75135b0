/**
 * Compilation for every command: reading a spec, reporting its diagnostics, stage names of flags, and the
 * comparison of both kinds of kernels.
 */
import type { TargetCompilation, TargetOptions } from "../../compiler/compile-target.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { readSpec } from "../../compiler/spec/read/read-spec.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec, SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { NameError } from "../../compiler/stage-names.ts";
import { defaultTarget, hasAbility } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";
import { didYouMean, errorText, shellWord } from "../../compiler/util/message-text.ts";
import type { Placing } from "../../runtime/data/dataset.ts";
import { inFile } from "../formats/tables/open-bytes.ts";
import { say, usageError } from "../terminal/report-error.ts";

// Names of stages in flags, from the pipeline.

/** The flags that leave stages out, of all commands that have them. */
export interface StageFlags {
  readonly skip?: readonly string[] | undefined;
  readonly stopAfter?: string | undefined;
}

/** @throws DiagnosticError for a name that is no stage's, and for a stage that cannot be skipped. */
export async function checkStageFlags({ skip = [], stopAfter }: StageFlags): Promise<void> {
  if (skip.length === 0 && stopAfter === undefined) return;
  const { skippedNameError, stageNameError } = await import("../../compiler/stage-names.ts");
  for (const name of skip) throwFault("--skip", skippedNameError(name));
  if (stopAfter !== undefined) throwFault("--stop-after", stageNameError(stopAfter));
}

/** The flags as words of a command. */
export const stageWords = ({ skip = [], stopAfter }: StageFlags): readonly string[] => [
  ...(skip.length === 0 ? [] : ["--skip", skip.join(",")]),
  ...(stopAfter === undefined ? [] : ["--stop-after", stopAfter]),
];

function throwFault(flag: string, fault: NameError | undefined): void {
  if (fault !== undefined) throw usageError(`${flag}: ${fault.message}`, fault.hint);
}

/** What inspect --pass takes: what has graphs or counts to show. @throws DiagnosticError for a name that has not. */
export async function checkShownPass(name: string): Promise<void> {
  const { shownPasses } = await import("../../studio/explain/explain-passes.ts");
  if (shownPasses.includes(name)) return;
  const similar = didYouMean(name, shownPasses);
  throw usageError(
    `there is no pass '${name}'`,
    similar ? `did you mean ${similar}?` : `passes: ${shownPasses.join(", ")}`,
  );
}

// From the file of a spec to a compilation: warnings are printed, errors get their location in the file.

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
    say([{ code: "T1009", severity: "error", message, location: { file }, hint }]);
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
  return new DiagnosticError([{ code: "T1009", severity: "error", message, location: { file } }]);
};

// Errors of an emitted trainer as diagnostics. The trainer has its own copies of the runtime's error classes, so
// `instanceof` does not match; their names do.

/** For rows: what is wrong with them is told with their file. */
export const onData: Placing = (file, work) => onFile(file, "T2004", work);

/** Does some work on what a file held; whatever the trainer or the runtime has against it is told with the file. */
export function onFile<T>(file: string, code: "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return inFile(file, code, work);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InputError") throw error;
    throw new DiagnosticError([{ code, severity: "error", message: error.message, location: { file } }]);
  }
}

// Before a trainer with WebAssembly is written or run: a comparison of its two kinds of kernels.

interface KernelFlags extends StageFlags {
  readonly target: Target;
  readonly dtype: "f32" | "f64";
  readonly exact?: boolean;
  /** false with --no-check-kernels. */
  readonly checkKernels?: boolean;
}

/** Whether the flags ask for a comparison. */
export const comparesKernels = ({ target, checkKernels = true }: KernelFlags): boolean =>
  checkKernels && hasAbility(target, "kernels");

/** @throws InternalError where the kernels of the trainer differ. */
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
    instead: `--target ${defaultTarget} computes the model without them; --no-check-kernels leaves the comparison out`,
  });
}
