/** The rows of an epoch's steps in the very order that a trainer takes them, for whoever steps it by hand. */
import { sizeOf, type ModelFacts } from "../../runtime/core/model-facts.ts";
import { randomKey, randomStream, salts, shuffle } from "../../runtime/numbers/random.ts";
import type { Batch } from "../../runtime/core/slots.ts";
import { rowsIn } from "./batch-storage.ts";

export interface EpochFacts {
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  readonly shuffle: boolean;
  /** Batches in a step. */
  readonly accumulate?: number | undefined;
}

/** Each is made when it is asked for. */
export function* epochBatches(model: ModelFacts, data: Batch, facts: EpochFacts): Generator<Batch> {
  const order = Int32Array.from({ length: rowsIn(model, data) }, (_, row) => row);
  if (facts.shuffle) shuffle(order, randomStream(randomKey(facts.seed, facts.epoch, salts.shuffle)));
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  const rowsOfStep = model.batchSize * (facts.accumulate ?? 1);
  for (let at = 0; at < order.length; at += rowsOfStep) {
    const rows = order.subarray(at, at + rowsOfStep);
    const pick = (name: string, size: number) =>
      Array.from(rows).flatMap((row) => Array.prototype.slice.call(data[name], row * size, (row + 1) * size));
    yield Object.fromEntries(slots.map(([name, { shape }]) => [name, pick(name, sizeOf(shape))]));
  }
}
