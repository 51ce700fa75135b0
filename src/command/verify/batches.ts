/** Batches for verification, and tensors for the reference interpreter. */
import { seedStorage } from "../../compiler/ir/storage.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { randomKey, randomStream, shuffle, shuffleSalt } from "../../runtime/numbers/random.ts";

// The storage of the interpreter: batch, parameters and initial states as tensors by storage name.

/** The number of rows of a batch. */
export function rowsIn({ inputs, targets }: ModelFacts, batch: Batch): number {
  const [[name, { shape }]] = [...Object.entries(inputs), ...Object.entries(targets)];
  return batch[name].length / sizeOf(shape);
}

/** Inputs and targets of a batch. */
export function batchStorage(model: ModelFacts, batch: Batch): Map<string, Tensor> {
  const rows = rowsIn(model, batch);
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  return new Map(
    slots.map(([name, { shape }]) => [
      name,
      { shape: [rows, ...shape], data: Float64Array.from(batch[name]) },
    ]),
  );
}

/** The values of parameters, by name. */
export const parameterStorage = (
  { parameters }: ModelFacts,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Tensor> =>
  new Map(parameters.map(({ name, shape }) => [name, { shape, data: Float64Array.from(values[name]) }]));

/** The seed, and the initial optimizer states that are not zero. */
export const stateStorage = (
  states: readonly { readonly name: string; readonly initial?: readonly number[] }[],
  seed: number,
): Map<string, Tensor> =>
  new Map([
    [seedStorage, { shape: [], data: Float64Array.of(seed) }],
    ...states.flatMap(({ name, initial }): [string, Tensor][] =>
      initial === undefined ? [] : [[name, { shape: [initial.length], data: Float64Array.from(initial) }]],
    ),
  ]);

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
  const slots = [...Object.entries(model.inputs), ...Object.entries(model.targets)];
  const rowsOfStep = model.batchSize * (facts.accumulate ?? 1);
  for (let at = facts.passed ?? 0; at < order.length; at += rowsOfStep) {
    const rows = order.subarray(at, at + rowsOfStep);
    const pick = (name: string, size: number) =>
      Array.from(rows).flatMap((row) => Array.prototype.slice.call(data[name], row * size, (row + 1) * size));
    yield Object.fromEntries(slots.map(([name, { shape }]) => [name, pick(name, sizeOf(shape))]));
  }
}

/**
 * The number of rows of a batch for checks. It is odd, so that register blocks of rows have remainders, and
 * smaller for models with many operations per row (`flopsOfRow`: forward and backward).
 */
export const rowsFor = (batchSize: number, flopsOfRow: number): number =>
  Math.min(batchSize, flopsOfRow > 1e6 ? 3 : 13);
