/** Compiles a model and emits the file of a target. Every command and the library's `compile` use it. */
import { invariant } from "./diagnostics/errors.ts";
import type { EmitOptions, EmittedBytes, EmittedFile } from "./emit/emitted-file.ts";
import { compileModel } from "./pipeline.ts";
import type { Compilation, PipelineOptions } from "./pipeline.ts";
import type { Model } from "./spec/types.ts";
import { defaultTarget, targets } from "./targets.ts";
import type { Target, TargetEntry } from "./targets.ts";

/** A compilation with the name and the entry of its target. */
export interface TargetCompilation extends Compilation {
  readonly target: string;
  readonly entry: TargetEntry;
}

export interface TargetOptions<Name extends string = Target> extends Omit<PipelineOptions, "schedule"> {
  readonly target?: Name | undefined;
}

/** Compiles a model for a target, by default {@link defaultTarget}. */
export const compileFor = (model: Model, options: TargetOptions): TargetCompilation =>
  compileFrom(targets, model, { ...options, target: options.target ?? defaultTarget });

/** Like {@link compileFor}, for any table of targets. */
export function compileFrom<Name extends string>(
  table: Readonly<Record<Name, TargetEntry>>,
  model: Model,
  { target, ...options }: TargetOptions<Name> & { readonly target: Name },
): TargetCompilation {
  const entry: TargetEntry = table[target];
  const schedule = entry.from === "loops" ? entry.schedule : "none";
  return { ...compileModel(model, { ...options, schedule }), target, entry };
}

/** The file of text that the target emits for the compilation, with the origin of each line. */
export function emitTarget(
  compilation: TargetCompilation,
  dtype: "f32" | "f64",
  options: EmitOptions = {},
): Promise<EmittedFile> {
  const { entry, target } = compilation;
  invariant(entry.makes !== "files", `the target ${target} emits files of bytes`);
  return entry.emit(compilation, dtype, options);
}

/** The text of the target's file. */
export const emitText = async (
  compilation: TargetCompilation,
  dtype: "f32" | "f64",
  options: EmitOptions = {},
): Promise<string> => (await emitTarget(compilation, dtype, options)).text;

/** The files of bytes that the target emits; undefined for a target that emits one file of text. */
export async function emitFiles(
  compilation: TargetCompilation,
  dtype: "f32" | "f64",
  options: EmitOptions = {},
): Promise<readonly EmittedBytes[] | undefined> {
  const { entry } = compilation;
  return entry.makes === "files" ? entry.emit(compilation, dtype, options) : undefined;
}
