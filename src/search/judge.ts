// The final judgement: the model that was chosen is trained once more, and the test is asked, for the first time and the last.
import { loadTrainer } from "../load-trainer.ts";
import { compileModel, emitTypeScript } from "../pipeline.ts";
import { datasetOf, type Placing, type Source } from "../runtime/dataset.ts";
import { inOwnUnits } from "../runtime/own-units.ts";
import { trainOn, type TrainingResult } from "../runtime/train-on.ts";
import { preparingOf } from "../spec/preparing.ts";
import type { Model } from "../spec/types.ts";

/** What `tapeless train` tells of the same spec. */
export async function judge(
  model: Model,
  source: Source,
  placed: Placing,
  dtype: "f32" | "f64",
): Promise<TrainingResult> {
  const compilation = compileModel(model, { dtype });
  const emitted = await loadTrainer(await emitTypeScript(compilation, dtype, { isFormatted: false }));
  const preparing = preparingOf(model, emitted.model);
  const trainer = emitted.createTrainer();
  const dataset = datasetOf(preparing, source, trainer.seed, placed);
  return trainOn(emitted.model, preparing.training, inOwnUnits(trainer, preparing, dataset), dataset);
}
