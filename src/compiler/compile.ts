/** The library's function `compile`, which compiles a spec to the text of its trainer. */
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { DiagnosticError } from "./diagnostics/errors.ts";
import { compileFor, emitFiles, emitTarget } from "./compile-target.ts";
import type { TargetCompilation } from "./compile-target.ts";
import type { ModelSpec } from "./spec/schema.ts";
import { checkedFiles, givenModelFiles } from "./spec/model-files.ts";
import { parseModel } from "./spec/parse-model.ts";
import type { Model } from "./spec/types.ts";
import { skippedNameError, stageNameError, stageNames, stagesOfBlocking } from "./stage-names.ts";
import type { NameError } from "./stage-names.ts";
import type { EmitOptions, EmittedBytes, EmittedFile } from "./emit/emitted-file.ts";
import { defaultTarget, hasAbility, isRunnable, targetNames, trainerTargets } from "./targets.ts";
import type { FilesTarget, NamedTextTarget, Target } from "./targets.ts";
import { didYouMean, showValue } from "./util/message-text.ts";

export interface CompileOptions {
  /** The language of the kernels; `ts` by default. */
  readonly target?: NamedTextTarget;
  /** The element type of parameters and values; `f32` by default. */
  readonly dtype?: "f32" | "f64";
  /**
   * Include the command-line program, if the spec has a data section; `true` by default. A page or a worker
   * does not need it.
   */
  readonly program?: boolean;
  /** Emit an instrumented trainer with `trainer.probe(batch)` and `trainer.onStep(listener)`; `false` by default. */
  readonly probe?: boolean;
  /** Emit a trainer that can pause inside epochs with `trainer.pauseAfter(next)`; `false` by default. */
  readonly pauses?: boolean;
  /** `js` returns JavaScript as `code`, and adds `declarations`; `ts` by default. */
  readonly emit?: "ts" | "js";
  /** Emit kernels as plain loops, with a legend of their notation. They are slower; `false` by default. */
  readonly readable?: boolean;
  /** Omit rewrites that may change rounding. */
  readonly exact?: boolean;
  /** Names of stages to skip. */
  readonly skip?: readonly string[];
  /** The name of the last optional stage. Required stages still run after it. */
  readonly stopAfter?: string;
  /** The contents of the model files that the spec names, by these names. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /**
   * For the target `wasm`, compare its kernels with the TypeScript kernels before returning; `true` by
   * default.
   */
  readonly checkKernels?: boolean;
}

export interface CompileResult {
  /** The text of one standalone TypeScript module, which exports `createTrainer`. */
  readonly code: string;
  /** With `emit: "js"`: the declaration file (`.d.ts`) of the module. */
  readonly declarations?: string;
  /** Diagnostics of severity "warning"; errors are thrown. */
  readonly warnings: readonly Diagnostic[];
}

/** The options for a target that makes files which are not trainers. */
export interface FilesOptions extends Pick<CompileOptions, "dtype" | "exact" | "skip" | "stopAfter"> {
  readonly target: FilesTarget;
}

/** The result for such a target. */
export interface CompiledFiles {
  /** The files with their names, such as `digits.step.onnx`. */
  readonly files: readonly EmittedBytes[];
  readonly warnings: readonly Diagnostic[];
}

/** The options as an untyped caller may give them. */
type AnyOptions = Omit<CompileOptions, "target"> & { readonly target?: Target };

const booleans = ["program", "probe", "pauses", "exact", "readable", "checkKernels"] as const;
const choices = { target: targetNames, dtype: ["f32", "f64"], emit: ["ts", "js"] } as const;
const optionNames: readonly string[] = [...Object.keys(choices), ...booleans, "skip", "stopAfter", "files"];

/**
 * Checks the options of untyped callers: unknown options and invalid values are errors.
 * @throws DiagnosticError (T1010)
 */
export function checkOptions(options: AnyOptions): void {
  if (typeof options !== "object" || options === null)
    throw wrongOption(`the options of compile must be an object, got ${showValue(options)}`);
  for (const name of Object.keys(options))
    if (!optionNames.includes(name))
      throw wrongOption(`unknown option ${showValue(name)} of compile`, name, optionNames);
  for (const [name, values] of Object.entries<readonly string[]>(choices)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && !values.some((other) => other === value))
      throw wrongOption(`${name} must be "${values.join('" or "')}", got ${showValue(value)}`);
  }
  for (const name of booleans)
    if (!["undefined", "boolean"].includes(typeof options[name]))
      throw wrongOption(`${name} must be true or false, got ${showValue(options[name])}`);
  checkStages(options.skip, options.stopAfter);
  checkTrainerOptions(options);
}

/** The options that change the code of a trainer. */
const trainerOptions = ["program", "probe", "pauses", "emit", "readable", "checkKernels"] as const;

function checkTrainerOptions(options: AnyOptions): void {
  const { target = defaultTarget } = options;
  const given = trainerOptions.find((name) => options[name] !== undefined);
  if (given !== undefined && !isRunnable(target))
    throw optionError(
      `${given} cannot be combined with target "${target}"`,
      `${given} changes a trainer; use target "${trainerTargets.join('" or "')}"`,
    );
}

function checkStages(skip: unknown = [], stopAfter: unknown): void {
  if (!Array.isArray(skip)) throw wrongOption(`skip must be a list of stage names, got ${showValue(skip)}`);
  const skipped: readonly unknown[] = skip;
  for (const name of skipped) {
    const error = typeof name === "string" ? skippedNameError(name) : noName(name);
    if (error !== undefined) throw optionError(`skip: ${error.message}`, error.hint);
  }
  if (stopAfter === undefined) return;
  const error = typeof stopAfter === "string" ? stageNameError(stopAfter) : noName(stopAfter);
  if (error !== undefined) throw optionError(`stopAfter: ${error.message}`, error.hint);
}

const noName = (value: unknown): NameError => ({
  message: `unknown stage ${showValue(value)}`,
  hint: `known stages: ${stageNames.join(", ")}`,
});

/** The error for an invalid option. For an unknown name, the error suggests one of `known`. */
function wrongOption(message: string, name = "", known: readonly string[] = []): DiagnosticError {
  const meant = didYouMean(name, known);
  const all = known.length > 0 ? `known options: ${known.join(", ")}` : undefined;
  const hint = meant === undefined ? all : `did you mean "${meant}"?`;
  return optionError(message, hint);
}

const optionError = (message: string, hint: string | undefined): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, ...(hint && { hint }) }]);

/**
 * Compiles a model spec to the text of a trainer, or for the target `onnx` to ONNX files.
 *
 * @throws {DiagnosticError} if the spec or the options are invalid; the error lists all diagnostics.
 * @throws {Unsupported} if the spec needs a feature that the compiler lacks.
 * @throws {InternalError} if the WebAssembly kernels and the TypeScript kernels of the trainer compute
 * different values.
 */
export function compile(spec: ModelSpec, options: FilesOptions): Promise<CompiledFiles>;
export function compile(spec: ModelSpec, options?: CompileOptions): Promise<CompileResult>;
export async function compile(
  spec: ModelSpec,
  options: AnyOptions = {},
): Promise<CompileResult | CompiledFiles> {
  checkOptions(options);
  const compilation = compilationOf(parseModel(spec, givenModelFiles(checkedFiles(options.files))), options);
  const { warnings } = compilation.built;
  const files = await emitFiles(compilation, options.dtype ?? "f32");
  if (files !== undefined) return { files, warnings };
  const { text } = await emittedModule(compilation, options);
  if (options.emit !== "js") return { code: text, warnings };
  const { javascriptOf } = await import("./emit/typescript/javascript.ts");
  const { script, declarations } = await javascriptOf(text);
  return { code: script, declarations, warnings };
}

/** The compilation of a model with the options of `compile`, which are valid. */
export function compilationOf(model: Model, options: AnyOptions): TargetCompilation {
  const { target, dtype = "f32", probe = false, exact = false, readable = false, stopAfter } = options;
  const skip = [...(options.skip ?? []), ...(readable ? stagesOfBlocking : [])];
  return compileFor(model, { target, dtype, probe, exact, skip, stopAfter });
}

/** The text of the trainer, after its kernels are compared. @throws InternalError if they differ */
export async function emittedModule(
  compilation: TargetCompilation,
  options: AnyOptions,
  { isFormatted = true }: Pick<EmitOptions, "isFormatted"> = {},
): Promise<EmittedFile> {
  const { target = defaultTarget, dtype = "f32", program = true, checkKernels = true } = options;

  const emitted = await emitTarget(compilation, dtype, {
    isFormatted,
    isProgram: program,
    isPausing: options.pauses,
    isReadable: options.readable,
  });
  if (checkKernels && hasAbility(target, "kernels")) await checkEmitted(compilation, emitted.text, dtype);
  return emitted;
}

/** Imports the check only when it is needed, because running the emitted file requires a transpiler. */
async function checkEmitted(
  compilation: TargetCompilation,
  code: string,
  dtype: "f32" | "f64",
): Promise<void> {
  const [{ checkKernels }, { loadTrainer }] = await Promise.all([
    import("./check-kernels.ts"),
    import("./load-trainer.ts"),
  ]);
  checkKernels(compilation, await loadTrainer(code), {
    reproduce: `compile(spec, { target: "${compilation.target}", dtype: "${dtype}" })`,
    instead: `compile(spec, { target: "${defaultTarget}" }), or checkKernels: false to skip the comparison`,
  });
}
