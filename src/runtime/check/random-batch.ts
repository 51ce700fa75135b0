/** Random data of the right shapes, for checks and measurements. */
import { normalNumber, randomKey, randomStream } from "../numbers/random.ts";
import { sizeOf } from "../core/model-facts.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import type { Batch } from "../core/slots.ts";

/** Indices without a stated vocabulary stay below this. */
const smallVocabulary = 8;

/**
 * `rows` rows: inputs of mean 0 and deviation 1, any class. Real targets are 0 in a third of all places and
 * from (0, 1) elsewhere, which every loss takes: counts, probabilities, and both sides of a margin.
 */
export function randomBatch({ inputs, targets }: ModelFacts, rows: number, seed: number): Batch {
  const random = randomStream(randomKey(seed, 0, 0));
  const fill = (shape: readonly number[], draw: () => number) =>
    Float64Array.from({ length: rows * sizeOf(shape) }, draw);
  const target = () => (random.unit() < 1 / 3 ? 0 : random.unit() || 1);
  // What only a loss reads is a weight or the like: no negative numbers, which it may divide by the sum of.
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
