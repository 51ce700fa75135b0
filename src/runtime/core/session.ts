// A trainer from inside: the model, its machine, and how far training has come.
import { InputError } from "./input-error.ts";
import type { Machine, Summary } from "./machine.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { rowsOf, writeRows, type Batch, type Slots } from "./slots.ts";

/**
 * How far training has come; all of it goes into a checkpoint, and of the two copies of parameters never the
 * last alone.
 */
export interface Progress {
  /** Epochs done. */
  epoch: number;
  /** Which figure decides the best epoch: a change of it, or of the data, begins a new search. */
  monitor: string;
  /** The best epoch so far, 0 if there is none, and its figure. */
  bestEpoch: number;
  bestValue: number;
  /** Epochs since the best one. */
  waited: number;
  /** The best epoch's parameters; kept only for early stopping. */
  best: Uint8Array;
  /** The last epoch's parameters, while the best epoch's stand in their place: going on starts from here. */
  last: Uint8Array;
}

/**
 * Leaves the gradients of the n rows that `order` lists from `start` on, and gives their loss; `batchSize`
 * fit in at a time.
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
 * Takes `count` steps over the rows that `order` lists, each with a batch of `batchSize` rows (or with as
 * many batches as are accumulated), and from the first row again where the rows end. The mean, over the rows
 * that went in, of the loss before each step; throws TrainingDiverged at the first step whose loss is not
 * finite.
 */
export type TakeSteps = (
  session: Session,
  data: Batch,
  order: Int32Array,
  batchSize: number,
  count: number,
) => number;

/** The gradients of rows that fit in together. */
export const gradientOfBatch: GradientOf = ({ machine, slots }, data, order, start, n) => {
  writeRows(slots, data, start, n, order);
  return machine.gradient(n);
};

/** What the functions of a trainer share. */
export interface Session {
  readonly model: ModelFacts;
  readonly training: TrainingFacts;
  readonly machine: Machine;
  readonly slots: Slots;
  readonly gradientOf: GradientOf;
  readonly takeSteps: TakeSteps;
  progress: Progress;
}

/** No epoch done, none best. */
export function freshProgress(): Progress {
  const nothing = new Uint8Array(0);
  return { epoch: 0, monitor: "", bestEpoch: 0, bestValue: 0, waited: 0, best: nothing, last: nothing };
}

/** A copy of all parameters, with which the state begins. */
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

/** Copies these rows of the data into the arena, a batch at a time, and does the work on each batch of n rows. */
function forBatches(
  { model, slots }: Session,
  data: Batch,
  rows: Int32Array,
  work: (n: number) => void,
): void {
  for (let start = 0; start < rows.length; start += model.batchSize) {
    const n = Math.min(model.batchSize, rows.length - start);
    writeRows(slots, data, start, n, rows);
    work(n);
  }
}

/** All rows of the data. Checks every value, so that training does not stop half-way through an epoch. */
export function checkedRows(session: Session, data: Batch): Int32Array {
  const rows = allRows(rowsOf(session.slots, data));
  forBatches(session, data, rows, () => {});
  return rows;
}

/** Loss and metrics over these rows of the data, any number of them. */
export function evaluateRows(session: Session, data: Batch, rows: Int32Array): Summary {
  const { machine } = session;
  machine.totals.fill(0);
  forBatches(session, data, rows, (n) => machine.evaluate(n));
  return machine.summarise();
}

/** Throws unless the value is a whole number of 32 bits; `given` is how the user wrote it. */
export function checkWhole(name: string, value: number, least = 0, given: unknown = value): number {
  if (Number.isInteger(value) && value >= least && value <= 0xffffffff) return value;
  throw new InputError(`${name} must be a whole number from ${least} to 4294967295, got ${given}`);
}

/** Throws unless the rows fit into one batch. */
export function checkBatchSize({ model }: Session, rows: number): number {
  if (rows > model.batchSize) {
    throw new InputError(`the batch has ${rows} rows, more than ${model.batchSize}`);
  }
  return rows;
}
