// Compiles one candidate, trains it on the training rows and evaluates it on the validation rows. Later
// evaluates the best candidate on the test rows.
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import { hasDiverged, loadTrainer } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { datasetContextOf } from "../../compiler/trainer/dataset-context.ts";
import type { LocateErrors, Source } from "../../runtime/data/dataset.ts";
import type { OpenDataset } from "../../runtime/training/folds.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { testModel, validateOn } from "../train/validate-model.ts";
import type { Validation } from "../train/validate-model.ts";
import type { Outcome } from "./results-file.ts";

/** Trains and validates a candidate. Divergence is also an outcome. Outcomes do not depend on the thread. */
export async function tryCandidate(
  model: Model,
  datasets: readonly OpenDataset[],
  dtype: "f32" | "f64",
): Promise<Outcome> {
  const emitted = await compiled(model, dtype);
  try {
    return await validateOn({ emitted, context: datasetContextOf(model, emitted.model) }, datasets);
  } catch (error) {
    if (hasDiverged(error)) return { diverged: error.message };
    throw error;
  }
}

/** Compiles the model and loads its trainer into this process. */
async function compiled(model: Model, dtype: "f32" | "f64"): Promise<EmittedModule> {
  const compilation = compileFor(model, { dtype });
  return loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
}

/**
 * Trains the chosen model once more and evaluates it on the test rows, which no earlier step has used.
 * Returns the result that `tapeless train` prints for the same spec.
 */
export async function testCandidate(
  model: Model,
  found: Validation,
  source: Source,
  locateErrors: LocateErrors,
  dtype: "f32" | "f64",
): Promise<TrainingResult> {
  const emitted = await compiled(model, dtype);
  return testModel({ emitted, context: datasetContextOf(model, emitted.model), source, locateErrors }, found);
}
