// One candidate from its model to its figures: compiled, trained on the training rows, and asked about the validation rows.
import { loadTrainer } from "../load-trainer.ts";
import { compileModel, emitTypeScript } from "../pipeline.ts";
import { inOwnUnits } from "../runtime/own-units.ts";
import { trainOn } from "../runtime/train-on.ts";
import { preparingOf } from "../spec/preparing.ts";
import type { Model } from "../spec/types.ts";
import type { OpenDataset } from "./open-data.ts";
import type { Outcome } from "./outcome.ts";

/** A training that diverges is an outcome, too. Equal models and data give equal outcomes, in whatever thread. */
export async function tryCandidate(
  model: Model,
  dataset: OpenDataset,
  dtype: "f32" | "f64",
): Promise<Outcome> {
  const compilation = compileModel(model, { dtype });
  const emitted = await loadTrainer(await emitTypeScript(compilation, dtype, { isFormatted: false }));
  const preparing = preparingOf(model, emitted.model);
  const trainer = inOwnUnits(emitted.createTrainer(), preparing, dataset);
  try {
    const { epochs, bestEpoch, validation } = await trainOn(
      emitted.model,
      preparing.training,
      trainer,
      dataset,
    );
    if (validation === undefined) throw new Error("internal: a candidate without a validation part");
    return { epochs, bestEpoch, validation: { ...validation } };
  } catch (error) {
    // The emitted trainer has error classes of its own, so they are known by name.
    if (!(error instanceof Error) || error.name !== "TrainingDiverged") throw error;
    return { diverged: error.message };
  }
}
