/** Random batches of the right shapes, for checks and measurements. */
import { sizeOf } from "../model/facts.ts";
import type { ModelFacts } from "../model/facts.ts";
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";

/** Indices without a vocabulary stay below this. */
const smallVocabulary = 8;

/**
 * `rows` rows: inputs with mean 0 and standard deviation 1, any class. Real targets are 0 with probability 1/3
 * and otherwise from (0, 1), which every loss accepts: counts, probabilities, both sides of a margin.
 */
export function randomBatch({ inputs, targets }: ModelFacts, rows: number, seed: number): Batch {
  const random = randomStream(randomKey(seed, 0, 0));
  const fill = (shape: readonly number[], draw: () => number) =>
    Float64Array.from({ length: rows * sizeOf(shape) }, draw);
  const target = () => (random.unit() < 1 / 3 ? 0 : random.unit() || 1);
  // Inputs of the loss alone are weights or the like: not negative, since it may divide by their sum.
  const input = (onlyLoss?: boolean) => (onlyLoss ? target : () => normalNumber(random));
  return Object.fromEntries([
    ...Object.entries(inputs).map(([name, { shape, dtype, vocabulary = smallVocabulary, onlyLoss }]) => [
      name,
      fill(shape, dtype === "i32" ? () => random.below(vocabulary) : input(onlyLoss)),
    ]),
    ...Object.entries(targets).map(([name, { shape, classes }]) => [
      name,
      fill(shape, classes === undefined ? target : () => random.below(classes)),
    ]),
  ]);
}

/** Gradients are checked at a batch and at parameters where some gradient is not zero. */
const mostAttempts = 20;

/**
 * A batch with a gradient that is not zero: a perceptron learns nothing from rows that it classifies correctly.
 * Moves the parameters.
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

/** Rounded to f32, so that every target starts from the same numbers. */
const inSinglePrecision = (batch: Batch): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, Float32Array.from(values)]));

/**
 * Adds random numbers to the parameters, since biases start at zero, and halves them until the loss is finite.
 */
function disturb(trainer: Trainer, batch: Batch, seed: number): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const views = Object.values(trainer.parameters);
  for (const view of views)
    view.forEach((value, i) => (view[i] = Math.fround(value + 0.1 * normalNumber(random))));
  for (let halvings = 0; halvings < 60 && !Number.isFinite(trainer.gradient(batch)); halvings++)
    for (const view of views) view.forEach((value, i) => (view[i] = value / 2));
}
