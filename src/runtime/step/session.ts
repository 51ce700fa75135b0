// The state of a trainer: model, machine and progress; and the types of functions that take steps.
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import { writeRows } from "./batch.ts";
import type { Batch, Slots } from "./batch.ts";
import { InputError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/** Sums over steps: their rows, and the losses before them times their rows. */
export interface Tally {
  rows: number;
  sum: number;
}

/** The progress of training, which checkpoints contain. `rows` and `sum` are those of an incomplete epoch. */
export interface Progress extends Tally {
  /** Completed epochs. */
  epoch: number;
  /**
   * How the best epoch is selected: the split, the metric, and whether its parameters are saved. A change of
   * the monitor, or of the data, starts a new search.
   */
  monitor: string;
  /** The best epoch so far (0: none), and the value of the metric in that epoch. */
  bestEpoch: number;
  bestValue: number;
  /** Epochs since the best epoch. */
  waited: number;
  /** The parameters of the best epoch, if training ends with them. */
  best: Uint8Array;
  /**
   * The parameters of the last epoch, saved when those of the best epoch replace them. Further training
   * starts from these.
   */
  last: Uint8Array;
}

/**
 * Computes the gradients of the n rows that `order` lists from position `start`, at most `batchSize` rows at
 * a time. Returns their loss.
 */
export type GradientOf = (
  session: Session,
  data: Batch,
  order: Int32Array,
  start: number,
  n: number,
  batchSize: number,
) => number;

/**
 * Takes `count` steps over the rows in `order`, with `batchSize` rows per batch. Begins after `tally.rows`
 * rows; after the last row, continues with the first. Adds the steps to the tally and returns its mean loss.
 * Throws TrainingDiverged at the first loss that is not finite. It is a generator, so that trainers can be
 * compiled that pause between steps.
 */
export type TakeSteps = (
  session: Session,
  data: Batch,
  order: Int32Array,
  batchSize: number,
  count: number,
  tally: Tally,
) => Generator<never, number>;

/** The gradients of rows that fit into one batch. */
export const gradientOfBatch: GradientOf = ({ machine, slots }, data, order, start, n) => {
  writeRows(slots, data, start, n, order);
  return machine.gradient(n);
};

/** The state that the functions of a trainer share. */
export interface Session {
  readonly model: ModelFacts;
  readonly training: TrainingFacts;
  readonly machine: Machine;
  readonly slots: Slots;
  readonly gradientOf: GradientOf;
  progress: Progress;
}

/** The progress before the first epoch. */
export function freshProgress(): Progress {
  const nothing = new Uint8Array(0);
  return {
    rows: 0,
    sum: 0,
    epoch: 0,
    monitor: "",
    bestEpoch: 0,
    bestValue: 0,
    waited: 0,
    best: nothing,
    last: nothing,
  };
}

/** A copy of all parameters: the first bytes of the state. */
export function packParameters({ parameters, state }: Machine): Uint8Array {
  return state.slice(
    0,
    Object.values(parameters).reduce((sum, { byteLength }) => sum + byteLength, 0),
  );
}

/** The row numbers 0 … rows − 1. */
export function allRows(rows: number): Int32Array {
  return new Int32Array(rows).map((_, row) => row);
}

/**
 * Throws unless the value is a 32-bit unsigned integer of at least `least`. `given` is what the user wrote.
 */
export function checkWhole(name: string, value: number, least = 0, given: unknown = value): number {
  if (Number.isInteger(value) && value >= least && value <= 0xffffffff) return value;
  throw new InputError(`${name} must be an integer from ${least} to 4294967295, got ${given}`);
}

/** Throws if the rows exceed one batch. */
export function checkBatchSize({ model }: Session, rows: number): number {
  if (rows > model.batchSize) {
    throw new InputError(`the batch has ${rows} rows, more than batchSize ${model.batchSize}`);
  }
  return rows;
}
