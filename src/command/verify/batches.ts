/** The batches that verification looks at, in the storage of a trainer. */
import { seedStorage } from "../../compiler/ir/storage.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { randomKey, randomStream, salts, shuffle } from "../../runtime/numbers/random.ts";

// A batch, parameters and first states as the interpreter wants them: tensors by storage name.

/** How many rows the batch has. */
export function rowsIn({ inputs, targets }: ModelFacts, batch: Batch): number {
  const [[name, { shape }]] = [...Object.entries(inputs), ...Object.entries(targets)];
  return batch[name].length / sizeOf(shape);
}

/** Inputs and targets. */
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

/** What stands in a trainer's views, by `NAME`. */
export const parameterStorage = (
  { parameters }: ModelFacts,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Tensor> =>
  new Map(parameters.map(({ name, shape }) => [name, { shape, data: Float64Array.from(values[name]) }]));

/** What training starts from beside them, as far as it is not zero. */
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

// The rows of an epoch's steps in the very order that a trainer takes them, for whoever steps it by hand.

interface EpochFacts {
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

// How many rows the batch of a check has: odd, so that blocks of rows have remainders; fewer for large
// models, where each row costs time.

/** `flopsOfRow`: operations of one row, forward and backward. */
export const rowsFor = (batchSize: number, flopsOfRow: number): number =>
  Math.min(batchSize, flopsOfRow > 1e6 ? 3 : 13);
