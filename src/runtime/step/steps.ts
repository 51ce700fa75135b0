// Optimizer steps over rows. A step uses one batch, or accumulates the gradients of several batches.
import { writeRows } from "./batch.ts";
import type { Machine } from "./machine.ts";
import { gradientOfBatch } from "./session.ts";
import type { GradientOf, TakeSteps } from "./session.ts";

/** Takes steps one at a time. Copies the rows of each step into the arena before the step. */
export const singleSteps: TakeSteps = function* (session, data, order, batchSize, count, tally) {
  const { machine, progress } = session;
  const rowsOfStep = session.training.accumulate ? batchSize * session.training.accumulate : batchSize;
  for (let step = 0; step < count; step++) {
    const start = tally.rows % order.length;
    const n = Math.min(rowsOfStep, order.length - start);
    const loss = (session.gradientOf ?? gradientOfBatch)(session, data, order, start, n, batchSize);
    checkLoss(machine, progress.epoch + 1, loss, Math.min(n, batchSize));
    machine.update(n);
    tally.sum += loss * n;
    tally.rows += n;
  }
  return tally.sum / tally.rows;
};

/** The error for a loss that is NaN or infinite. `epoch` is counted from 1. */
export class TrainingDiverged extends Error {
  readonly epoch: number;
  constructor(epoch: number, message: string) {
    super(`training diverged: ${message}`);
    this.name = "TrainingDiverged";
    this.epoch = epoch;
  }
}

/**
 * Throws TrainingDiverged if the loss is not finite. The message states the step (counted from 0) and the
 * learning rate of the last update. It also names the first parameter that is not finite. If all parameters
 * are finite, it names the first intermediate value that is not finite in the first `rows` rows.
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

/** The programs for one step that accumulates several batches. */
export interface GroupPrograms {
  /** Sets the totals of the loss and the sums of the gradients to zero. */
  begin(n: number): void;
  /** Adds n rows to the totals that the gradient depends on, such as the number of rows with a label. */
  measure(n: number): void;
  /** Adds the gradients of n rows to the sums. Returns the loss of all rows so far. */
  gradient(n: number): number;
}

/**
 * Computes the gradients for a group of batches in two passes. The first pass computes the totals of the loss
 * over the whole group. The gradient of each batch depends on these totals, so the gradients are summed in a
 * second pass.
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
