/** From a model to the file of a target of the table: what every command and the library's call go through. */
import type { EmitOptions, EmittedFile } from "./emit/emitted-file.ts";
import { compileModel } from "./pipeline.ts";
import type { Compilation, PipelineOptions } from "./pipeline.ts";
import type { Model } from "./spec/types.ts";
import { defaultTarget, targets } from "./targets.ts";
import type { Target, TargetEntry } from "./targets.ts";

/** A compilation, and the target that it is for: the name of it, and its entry. */
export interface TargetCompilation extends Compilation {
  readonly target: string;
  readonly entry: TargetEntry;
}

export interface TargetOptions<Name extends string = Target> extends Omit<PipelineOptions, "schedule"> {
  readonly target?: Name | undefined;
}

/** Compiles a model for a target; for the default one, if none is named. */
export const compileFor = (model: Model, options: TargetOptions): TargetCompilation =>
  compileFrom(targets, model, { ...options, target: options.target ?? defaultTarget });

/** The same for a target of any table. */
export function compileFrom<Name extends string>(
  table: Readonly<Record<Name, TargetEntry>>,
  model: Model,
  { target, ...options }: TargetOptions<Name> & { readonly target: Name },
): TargetCompilation {
  const entry: TargetEntry = table[target];
  const schedule = entry.from === "loops" ? entry.schedule : "none";
  return { ...compileModel(model, { ...options, schedule }), target, entry };
}

/** The file that a target makes of a compilation, and where each of its lines comes from. */
export const emitTarget = (
  compilation: TargetCompilation,
  dtype: "f32" | "f64",
  options: EmitOptions = {},
): Promise<EmittedFile> => compilation.entry.emit(compilation, dtype, options);

/** The text of it. */
export const emitText = async (
  compilation: TargetCompilation,
  dtype: "f32" | "f64",
  options: EmitOptions = {},
): Promise<string> => (await emitTarget(compilation, dtype, options)).text;
