// The state of a trainer (model, machine and progress), and the types of the functions that take steps.
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import { writeRows } from "./batch.ts";
import type { Batch, Slots } from "./batch.ts";
import { InputError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/**
 * Totals over steps. `rows` is the number of rows, and `sum` is the sum of loss × rows of each step, with the
 * loss before the update. So `sum / rows` is the mean loss.
 */
export interface Tally {
  rows: number;
  sum: number;
}

/**
 * The progress of training, as saved in checkpoints. `rows` and `sum` are the totals of an incomplete epoch.
 */
export interface Progress extends Tally {
  /** The number of completed epochs. */
  epoch: number;
  /**
   * Describes how the best epoch is selected: by which split and metric, and whether its parameters are
   * saved. If the monitor or the data changes, a new search for the best epoch starts.
   */
  monitor: string;
  /** The best epoch so far (0 if there is none), and the value of the metric in that epoch. */
  bestEpoch: number;
  bestValue: number;
  /** The number of epochs since the best epoch. */
  waited: number;
  /** The parameters of the best epoch. Empty if training does not end with these parameters. */
  best: Uint8Array;
  /**
   * The parameters of the last epoch. They are saved here at the end of training, when the parameters of the
   * best epoch replace them. Further training starts from the saved parameters.
   */
  last: Uint8Array;
}

/**
 * Computes the gradients for n rows, with at most `batchSize` rows at a time. `order` lists these rows from
 * position `start` on. Returns the mean loss of the rows.
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
 * Takes `count` steps over the rows in `order`, with `batchSize` rows per batch. Skips the first `tally.rows`
 * rows, which earlier steps have used. After the last row, continues with the first. Adds the steps to the
 * tally and returns the mean loss of the tally. Throws TrainingDiverged at the first loss that is not finite.
 * The function is a generator, because some trainers pause between steps.
 */
export type TakeSteps = (
  session: Session,
  data: Batch,
  order: Int32Array,
  batchSize: number,
  count: number,
  tally: Tally,
) => Generator<never, number>;

/** Computes the gradients for rows that fit into one batch. */
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
  /** Computes the gradients of a step over several batches. */
  readonly gradientOf?: GradientOf;
  progress: Progress;
}

/** No parameters. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** The progress before the first epoch. */
export function freshProgress(): Progress {
  return {
    rows: 0,
    sum: 0,
    epoch: 0,
    monitor: "",
    bestEpoch: 0,
    bestValue: 0,
    waited: 0,
    best: noBytes,
    last: noBytes,
  };
}

/** The row numbers 0 … rows − 1. */
export function allRows(rows: number): Int32Array {
  return new Int32Array(rows).map((_, row) => row);
}

/**
 * Throws unless the value is a 32-bit unsigned integer of at least `lowest`. `given` is the value as the user
 * wrote it, for the message.
 */
export function checkWhole(name: string, value: number, lowest = 0, given: unknown = value): number {
  if (Number.isInteger(value) && value >= lowest && value <= 0xffffffff) return value;
  throw new InputError(`${name} must be an integer from ${lowest} to 4294967295, got ${given}`);
}

/** Throws if there are more rows than fit into one batch. */
export function checkBatchSize({ model }: Session, rows: number): number {
  if (rows > model.batchSize) {
    throw new InputError(`the batch has ${rows} rows, more than batchSize ${model.batchSize}`);
  }
  return rows;
}
