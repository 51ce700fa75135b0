/** Random batches with the shapes of a model, for checks and benchmarks. */
import { sizeOf } from "../model/facts.ts";
import type { FieldFacts, ModelFacts } from "../model/facts.ts";
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";

/** The upper bound (exclusive) of indices for an input without a vocabulary. */
const smallVocabulary = 8;

/**
 * Draws `rows` rows. Inputs are normally distributed with mean 0 and standard deviation 1, and classes are
 * uniformly distributed. Real targets are 0 with probability 1/3 and otherwise uniform in (0, 1]. Every loss
 * accepts these values, whether it reads them as counts, as probabilities or as labels.
 */
export function randomBatch({ inputs, targets }: ModelFacts, rows: number, seed: number): Batch {
  const random = randomStream(randomKey(seed, 0, 0));
  const fill = (shape: readonly number[], draw: () => number) =>
    Float64Array.from({ length: rows * sizeOf(shape) }, draw);
  const target = () => (random.unit() < 1 / 3 ? 0 : random.unit() || 1);
  // Inputs that only the loss reads, such as weights, are not negative, because the loss may divide by their
  // sum.
  const input = (onlyLoss?: boolean) => (onlyLoss ? target : () => normalNumber(random));
  return Object.fromEntries([
    ...Object.entries<FieldFacts>(inputs).map(
      ([name, { shape, dtype, vocabulary = smallVocabulary, onlyLoss }]) => [
        name,
        fill(shape, dtype === "i32" ? () => random.below(vocabulary) : input(onlyLoss)),
      ],
    ),
    ...Object.entries<FieldFacts>(targets).map(([name, { shape, classes }]) => [
      name,
      fill(shape, classes === undefined ? target : () => random.below(classes)),
    ]),
  ]);
}

/** The number of further batches to try if all gradients of the first batch are zero. */
const mostAttempts = 20;

/**
 * Finds a batch with a nonzero gradient. This may take several attempts: in a perceptron, rows that are
 * classified correctly have zero gradients. Before the search, the function adds random numbers to the
 * parameters of the trainer.
 */
export function informativeBatch(model: ModelFacts, trainer: Trainer, rows: number, seed: number): Batch {
  for (let attempt = 0; ; attempt++) {
    const batch = inSinglePrecision(randomBatch(model, rows, seed + attempt));
    if (attempt === 0) disturb(trainer, batch, seed);
    trainer.gradient(batch);
    const hasGradients = Object.values(trainer.gradients).some((list) => list.some((value) => value !== 0));
    if (hasGradients || attempt === mostAttempts) return batch;
  }
}

/** Rounds the batch to f32, so that every compilation target computes with the same numbers. */
const inSinglePrecision = (batch: Batch): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, Float32Array.from(values)]));

/**
 * Adds random numbers to the parameters, so that no parameter is zero, as biases initially are. Then halves
 * the parameters until the loss is finite.
 */
function disturb(trainer: Trainer, batch: Batch, seed: number): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const views = Object.values(trainer.parameters);
  for (const view of views)
    view.forEach((value, i) => (view[i] = Math.fround(value + 0.1 * normalNumber(random))));
  for (let halvings = 0; halvings < 60 && !Number.isFinite(trainer.gradient(batch)); halvings++)
    for (const view of views) view.forEach((value, i) => (view[i] = value / 2));
}
