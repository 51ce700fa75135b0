// Optimizer steps over rows, each of which somebody is told of.
import type { TakeSteps } from "../core/session.ts";
import { singleSteps } from "./single-steps.ts";
import { checkLoss } from "./training-diverged.ts";

/** What a step came to. */
export interface StepReport {
  /** Optimizer steps taken so far, this one included, over the trainer's whole life. */
  step: number;
  /** The mean over its rows before the update. */
  loss: number;
  rows: number;
  learningRate: number;
}

/** Who is told of steps. */
export interface StepWatch {
  listener?: ((step: StepReport) => void) | undefined;
}

/** The steps of `others`, with the same bits, one at a time where somebody listens. */
export const watchedSteps =
  (watch: StepWatch, others: TakeSteps = singleSteps): TakeSteps =>
  (session, data, order, batchSize, count) => {
    const { machine, progress, training, gradientOf } = session;
    if (watch.listener === undefined) return others(session, data, order, batchSize, count);
    const rowsOfStep = batchSize * (training.accumulate ?? 1);
    let [sum, rows, start] = [0, 0, 0];
    for (let step = 0; step < count; step++) {
      const n = Math.min(rowsOfStep, order.length - start);
      const loss = gradientOf(session, data, order, start, n, batchSize);
      checkLoss(machine, progress.epoch + 1, loss, Math.min(n, batchSize));
      machine.update(n);
      const learningRate = machine.learningRate();
      sum += loss * n;
      rows += n;
      start = (start + n) % order.length;
      watch.listener?.({ step: machine.step[0], loss, rows: n, learningRate });
    }
    return sum / rows;
  };
