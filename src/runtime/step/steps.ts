// Optimizer steps over rows: one batch per step, or several batches accumulated into one step.
import { writeRows } from "./batch.ts";
import type { Machine } from "./machine.ts";
import type { GradientOf, TakeSteps } from "./session.ts";

/** Takes one step after the other. Copies each batch into the arena before its step. */
export const singleSteps: TakeSteps = (session, data, order, batchSize, count) => {
  const { machine, progress, training, gradientOf } = session;
  const rowsOfStep = batchSize * (training.accumulate ?? 1);
  let [sum, rows, start] = [0, 0, 0];
  for (let step = 0; step < count; step++) {
    const n = Math.min(rowsOfStep, order.length - start);
    const loss = gradientOf(session, data, order, start, n, batchSize);
    checkLoss(machine, progress.epoch + 1, loss, Math.min(n, batchSize));
    machine.update(n);
    sum += loss * n;
    rows += n;
    start = (start + n) % order.length;
  }
  return sum / rows;
};

/** A loss became NaN or infinite. Epochs are counted from 1. */
export class TrainingDiverged extends Error {
  readonly epoch: number;
  constructor(epoch: number, message: string) {
    super(`training diverged: ${message}`);
    this.name = "TrainingDiverged";
    this.epoch = epoch;
  }
}

/**
 * Throws if the loss is not finite. The message contains the step (from 0), the learning rate of the last
 * update, and the first parameter or intermediate value of these `rows` rows that is not finite.
 */
export function checkLoss(machine: Machine, epoch: number, loss: number, rows = 0, part = ""): void {
  if (Number.isFinite(loss)) return;
  const step = machine.step[0];
  const broken = Object.entries(machine.parameters).find(([, values]) => !values.every(Number.isFinite));
  const node = broken?.[0] ?? machine.check(rows);
  const rate = step === 0 ? "" : `, after an update with learning rate ${machine.learningRate()}`;
  const where = node === undefined ? "" : `; the first such value is in ${node}`;
  throw new TrainingDiverged(
    epoch,
    `the ${part}loss is ${loss} at step ${step}, in epoch ${epoch}${rate}${where}`,
  );
}

/** The programs of a step over several batches. */
export interface GroupPrograms {
  /** Sets all sums to zero. */
  begin(n: number): void;
  /** Adds n rows to the totals of the loss. */
  measure(n: number): void;
  /** Adds the gradients of n rows. Returns the loss of all rows so far. */
  gradient(n: number): number;
}

/**
 * Computes the gradients of a group of batches in two passes: the first sums the totals of the loss, the
 * second sums gradients.
 */
export const groupsOf =
  ({ begin, measure, gradient }: GroupPrograms): GradientOf =>
  ({ slots }, data, order, start, n, batchSize) => {
    let loss = 0;
    begin(n);
    for (const program of [measure, gradient])
      for (let done = 0; done < n; done += batchSize) {
        const rows = Math.min(batchSize, n - done);
        writeRows(slots, data, start + done, rows, order);
        loss = Number(program(rows));
      }
    return loss;
  };
