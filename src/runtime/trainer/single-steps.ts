// Optimizer steps over rows, one call after the other.
import type { TakeSteps } from "../core/session.ts";
import { checkLoss } from "./training-diverged.ts";

/** Each step with its own batch in the arena. */
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
