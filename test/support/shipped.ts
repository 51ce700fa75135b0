// A trainer after some steps, and the predictor that is emitted from it.
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { emitPredictor } from "../../src/compiler/emission.ts";
import type { RowPredictor } from "../../src/runtime/prediction/predictor.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { imported, strippedOf } from "./emitted.ts";

export async function importedPredictor(code: string): Promise<{ createPredictor(): RowPredictor }> {
  const text = Buffer.from(await strippedOf(code)).toString("base64");
  return import(/* @vite-ignore */ `data:text/javascript;base64,${text}`);
}

/**
 * Trains on these batches, so that running statistics differ from their initial values. `fields` is the
 * preprocessing that the checkpoint contains.
 */
export async function shippedOf(
  model: Model,
  dtype: "f32" | "f64",
  batches: readonly Batch[],
  fields?: object,
) {
  const compilation = compileFor(model, { dtype });
  const module = await imported(await emitText(compilation, dtype, { isFormatted: false }));
  const trainer: Trainer = module.createTrainer({ seed: 11 });
  for (const batch of batches) trainer.step(batch);
  const emit = () =>
    emitPredictor(compilation, dtype, { values: trainer.parameters, checkpointHash: "0".repeat(64), fields });
  const { text: code } = await emit();
  const { createPredictor } = await importedPredictor(code);
  return { compilation, trainer, code, emit, predictor: createPredictor() };
}
