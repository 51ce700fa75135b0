/** Where gradients are checked: at a batch, and at parameters, that tell something. */
import type { Batch } from "../core/slots.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { randomBatch } from "./random-batch.ts";

const mostAttempts = 20;

/**
 * A batch on which some gradient is not zero: a perceptron learns nothing from rows that it has right. Moves
 * the parameters.
 */
export function tellingBatch(model: ModelFacts, trainer: Trainer, rows: number, seed: number): Batch {
  for (let attempt = 0; ; attempt++) {
    const batch = inSinglePrecision(randomBatch(model, rows, seed + attempt));
    if (attempt === 0) disturb(trainer, batch, seed);
    trainer.gradient(batch);
    const isTelling = Object.values(trainer.gradients).some((list) => list.some((value) => value !== 0));
    if (isTelling || attempt === mostAttempts) return batch;
  }
}

/** Rounded to what f32 holds, so that every target starts from the same numbers. */
const inSinglePrecision = (batch: Batch): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, Float32Array.from(values)]));

/** Moves parameters off their first values, where biases are zero, and halves them until the loss is a number. */
function disturb(trainer: Trainer, batch: Batch, seed: number): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const views = Object.values(trainer.parameters);
  for (const view of views)
    view.forEach((value, i) => (view[i] = Math.fround(value + 0.1 * normalNumber(random))));
  for (let halvings = 0; halvings < 60 && !Number.isFinite(trainer.gradient(batch)); halvings++)
    for (const view of views) view.forEach((value, i) => (view[i] = value / 2));
}
