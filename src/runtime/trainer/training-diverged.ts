// The error of a training that came apart: no later step can mend a loss that is not a number.
import type { Machine } from "../core/machine.ts";

/** A loss became NaN or infinite, in an epoch counted from 1. */
export class TrainingDiverged extends Error {
  readonly epoch: number;
  constructor(epoch: number, message: string) {
    super(`training diverged: ${message}`);
    this.name = "TrainingDiverged";
    this.epoch = epoch;
  }
}

/**
 * Throws if the loss is not finite; says at which step (counted from 0), after which learning rate, and in
 * which node such a number arose first: among the parameters and, for the loss of a step, what its `rows`
 * rows left in the arena.
 */
export function checkLoss(machine: Machine, epoch: number, loss: number, rows = 0, part = ""): void {
  if (Number.isFinite(loss)) return;
  const step = machine.step[0];
  const broken = Object.entries(machine.parameters).find(([, values]) => !values.every(Number.isFinite));
  const node = broken?.[0] ?? machine.check(rows);
  const rate = step === 0 ? "" : `, after an update with learning rate ${machine.learningRate()}`;
  const where = node === undefined ? "" : `; the first such number arose in ${node}`;
  throw new TrainingDiverged(
    epoch,
    `the ${part}loss is ${loss} at step ${step}, in epoch ${epoch}${rate}${where}`,
  );
}
