/** The batches of checks and of an epoch. */
import { rowsAt, rowsIn } from "../../compiler/reference/program-memory.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { randomKey, randomStream, shuffle, shuffleSalt } from "../../runtime/numbers/random.ts";

interface EpochFacts {
  readonly seed: number;
  /** The number of the epoch, from 1. */
  readonly epoch: number;
  readonly shuffle: boolean;
  /** Batches per step. */
  readonly accumulate?: number | undefined;
  /** The number of rows that training has already processed, if it continues inside the epoch. */
  readonly passed?: number | undefined;
}

/** The rows of each step of an epoch, in the order in which the trainer takes them. */
export function* epochBatches(model: ModelFacts, data: Batch, facts: EpochFacts): Generator<Batch> {
  const order = Int32Array.from({ length: rowsIn(model, data) }, (_, row) => row);
  if (facts.shuffle) shuffle(order, randomStream(randomKey(facts.seed, facts.epoch, shuffleSalt)));
  const rowsOfStep = model.batchSize * (facts.accumulate ?? 1);
  for (let at = facts.passed ?? 0; at < order.length; at += rowsOfStep)
    yield rowsAt(model, data, order.subarray(at, at + rowsOfStep));
}

/**
 * The number of rows of a batch for checks. It is odd, so that register blocks of rows have remainders, and
 * smaller for models with many operations per row (`flopsOfRow`: forward and backward).
 */
export const rowsFor = (batchSize: number, flopsOfRow: number): number =>
  Math.min(batchSize, flopsOfRow > 1e6 ? 3 : 13);
