/** Emits source text from scheduled loops: trainers and predictors. */
import type { EmitOptions, EmittedFile } from "./emit/emitted-file.ts";
import type { ModelFacts } from "../runtime/model/facts.ts";
import { assembleModule } from "./emit/typescript/module.ts";
import { loadRuntime } from "./emit/typescript/load-runtime.ts";
import { withWindows } from "./emit/typescript/runtime-parts.ts";
import { predictorModule } from "./emit/typescript/predictor-module.ts";
import { trainerModule } from "./emit/typescript/trainer-module.ts";
import type { TrainerKernels } from "./emit/typescript/module-parts.ts";
import { buffersOf } from "./loop/skeleton.ts";
import { planMemory } from "./lower/plan-memory.ts";
import type { Compilation } from "./pipeline.ts";
import { runStage } from "./stages/run.ts";
import {
  balancedWeights,
  limitedTargets,
  modelFacts,
  moduleFacts,
  placeOfFact,
  predictedRows,
  predictionSizes,
  predictorBanner,
  rankedMetrics,
  trainerFacts,
} from "./trainer/trainer-facts.ts";
import type { Trained } from "./trainer/trainer-facts.ts";
import { headLines } from "./trainer/module-head.ts";
import { probedLayers } from "./trainer/probed-layers.ts";

/**
 * Reduces a compilation to the named programs, with an arena that contains only their tensors. The results of
 * these programs do not change.
 */
export function withPrograms(compilation: Compilation, names: readonly string[]): Compilation {
  const programs = compilation.programs.filter(({ name }) => names.some((wanted) => wanted === name));
  const touched = new Set(programs.flatMap(({ kernels }) => kernels.flatMap(buffersOf)));
  // A flat tensor also needs the tensors that it covers.
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

/** The target's name, which its trainers report, and the kernels that they run. */
export interface TrainerTarget {
  readonly target: ModelFacts["target"];
  readonly kernels: TrainerKernels;
}

/** Emits a trainer, with the origin of each line. */
export async function emitTrainer(
  compilation: Compilation,
  dtype: "f32" | "f64",
  { target, kernels }: TrainerTarget,
  {
    isFormatted = true,
    isProgram = true,
    isPausing = false,
    isStreaming = false,
    isReadable,
  }: EmitOptions = {},
): Promise<EmittedFile> {
  const { model, built, lowered, programs, plan } = compilation;
  const facts = trainerFacts(model, built, dtype, target);
  const parts = {
    ...facts,
    ...(isProgram
      ? { refusesToRun: model.data === undefined }
      : { data: undefined, programParts: {}, training: moduleFacts(model) }),
    head: headLines(model, built, lowered),
    float: dtype,
    batchSize: model.training.batchSize,
    parameters: built.parameters,
    states: built.states,
    balanced: balancedWeights(model),
    limited: limitedTargets(model),
    predictions: predictionSizes(model, built),
    ranked: rankedMetrics(model, built),
    programs,
    plan,
    ...originsOf(compilation),
    ...(compilation.graphs.probe && { probed: probedLayers(model, built) }),
    isPausing,
    isStreaming,
    isReadable,
    kernels,
  };
  const runtime = await loadRuntime(dtype);
  const own = model.data?.windows === undefined ? runtime : withWindows(runtime);
  return assembleModule(parts, trainerModule(parts), own, isFormatted);
}

/** The values from which the emitter finds the origin of each line of a module. */
const originsOf = ({ model, rematerialised, lowered, built }: Compilation) => ({
  graphs: rematerialised,
  lowered,
  optimizer: model.optimizer.type,
  placeOfFact: placeOfFact(model, built.parameters),
});

/** Emits a predictor: the program `predict` with the trained parameters. */
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
    predictions: predictionSizes(model, built),
    rows: fields && predictedRows(model, built, fields),
  };
  return assembleModule(parts, predictorModule(parts), await loadRuntime(dtype));
}
