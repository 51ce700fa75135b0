/** From scheduled loops to source text: trainers and predictors. */
import type { EmitOptions, EmittedFile } from "./emit/emitted-file.ts";
import type { ModelFacts } from "../runtime/core/model-facts.ts";
import { assembleModule } from "./emit/typescript/module.ts";
import { loadRuntime } from "./emit/typescript/load-runtime.ts";
import { predictorModule } from "./emit/typescript/predictor-module.ts";
import { trainerModule } from "./emit/typescript/trainer-module.ts";
import type { TrainerKernels } from "./emit/typescript/trainer-parts.ts";
import { buffersOf } from "./loop/skeleton.ts";
import { planMemory } from "./lower/plan-memory.ts";
import type { Compilation } from "./pipeline.ts";
import { runStage } from "./stages/run.ts";
import {
  balancedWeights,
  modelFacts,
  placeOfFact,
  predictedRows,
  predictorBanner,
  trainerFacts,
} from "./trainer/trainer-facts.ts";
import { probedLayers } from "./trainer/probed-layers.ts";

/**
 * Of a compilation these programs alone, in an arena of what they touch and no more. Their loops, and so
 * their results, are the same.
 */
export function withPrograms(compilation: Compilation, names: readonly string[]): Compilation {
  const programs = compilation.programs.filter(({ name }) => names.some((wanted) => wanted === name));
  const touched = new Set(programs.flatMap(({ kernels }) => kernels.flatMap(buffersOf)));
  // Who touches a flat tensor touches all that lies in it.
  for (const name of [...touched])
    for (const part of compilation.plan.storage.get(name)?.buffer.covers ?? []) touched.add(part);
  const storage = new Map(
    [...compilation.plan.storage].flatMap(([name, { buffer }]) =>
      touched.has(name) ? [[name, buffer]] : [],
    ),
  );
  const { batchSize } = compilation.model.training;
  const [planned] = runStage(planMemory, [programs], { storage, batchSize });
  return { ...compilation, ...planned };
}

/** What a target gives to its trainers: the name that they have for it, and the kernels that they run. */
export interface TrainerTarget {
  readonly target: ModelFacts["target"];
  readonly kernels: TrainerKernels;
}

/** The trainer, and where each of its lines comes from. */
export async function emitTrainer(
  compilation: Compilation,
  dtype: "f32" | "f64",
  { target, kernels }: TrainerTarget,
  { isFormatted = true, isProgram = true }: EmitOptions = {},
): Promise<EmittedFile> {
  const { model, built, programs, plan } = compilation;
  const parts = {
    ...trainerFacts(model, built, dtype, target),
    ...(isProgram ? {} : { data: undefined, programParts: {} }),
    float: dtype,
    batchSize: model.training.batchSize,
    parameters: built.parameters,
    states: built.states,
    balanced: balancedWeights(model),
    programs,
    plan,
    ...originsOf(compilation),
    ...(compilation.graphs.probe && { probed: probedLayers(model, built) }),
    kernels,
  };
  return assembleModule(parts, trainerModule(parts), await loadRuntime(dtype), isFormatted);
}

/** What tells where the parts of a module come from. */
const originsOf = ({ lean, built }: Compilation) => ({
  graphs: lean,
  placeOfFact: placeOfFact(built.parameters),
});

/** What a predictor holds beside its code. */
export interface Trained {
  /** Every parameter, by name. */
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
  /** SHA-256 of the checkpoint that they are from. */
  readonly checkpointHash: string;
  /** How its rows were read, if it says so. */
  readonly fields?: object | undefined;
}

/** The predictor: the forward part alone, with its parameters inside. */
export async function emitPredictor(
  compilation: Compilation,
  dtype: "f32" | "f64",
  { values, checkpointHash, fields }: Trained,
): Promise<EmittedFile> {
  const { model, built } = compilation;
  const { programs, plan } = withPrograms(compilation, ["predict"]);
  const parts = {
    banner: predictorBanner(model, checkpointHash),
    model: modelFacts(model, built, dtype),
    float: dtype,
    batchSize: model.training.batchSize,
    programs,
    plan,
    ...originsOf(compilation),
    values,
    rows: fields && predictedRows(model, built, fields),
  };
  return assembleModule(parts, predictorModule(parts), await loadRuntime(dtype));
}
