// Trainers that pause inside epochs: between steps, and between the batches of an evaluation. A caller can
// then report progress, handle events, save or stop at any step.
import type { Session, TakeSteps } from "../step/session.ts";
import { singleSteps } from "../step/steps.ts";
import type { EpochParts } from "./epochs.ts";
import { forBatches } from "./evaluate.ts";
import type { EpochPosition, EpochReport, Trainer } from "./trainer.ts";

/** What a piece of work consists of: optimizer steps, or batches of an evaluation. */
export type PieceKind = "steps" | "batches";

/** The length of the next piece of work, of at least 1. */
export type NextPiece = (kind: PieceKind) => number;

/** How a trainer pauses. It does not pause if `next` is undefined. */
export interface Pace {
  next?: NextPiece | undefined;
}

/** A trainer that can pause. */
export interface PausingTrainer extends Trainer {
  /**
   * Lets epochs() pause after pieces of work, whose length `next` returns; undefined ends this. At a pause,
   * epochs() yields a report with `soFar`. There, save() returns a checkpoint from which training continues
   * inside the epoch. Results do not change.
   */
  pauseAfter(next: NextPiece | undefined): void;
}

/** Adds pauseAfter() to a trainer with the parts `pausing(pace)`. */
export const withPauses = <Other extends Trainer>(trainer: Other, pace: Pace): Other & PausingTrainer =>
  Object.assign(trainer, {
    pauseAfter(next: NextPiece | undefined): void {
      pace.next = next;
    },
  });

/** The parts of an epoch that pause after each piece. They compute the same bits as `others` and evaluateRows. */
export function pausing(pace: Pace, others: TakeSteps = singleSteps): EpochParts {
  let soFar: EpochPosition = { step: 0, steps: 0, rows: 0 };
  const report = ({ machine, progress }: Session): EpochReport => ({
    epoch: progress.epoch + 1,
    loss: progress.sum / progress.rows,
    metrics: {},
    learningRate: machine.learningRate(),
    best: false,
    soFar,
  });
  return {
    *takeSteps(session, data, order, batchSize, count, tally) {
      // The steps of steps() have a tally of their own, and do not pause.
      if (tally !== session.progress) return yield* others(session, data, order, batchSize, count, tally);
      const rowsOfStep = batchSize * (session.training.accumulate ?? 1);
      const stepsOf = (rows: number) => Math.ceil(rows / rowsOfStep);
      const here = () => ({ step: stepsOf(tally.rows), steps: stepsOf(order.length), rows: tally.rows });
      soFar = here();
      for (let left = count; left > 0;) {
        const piece = Math.min(left, pace.next?.("steps") ?? left);
        yield* others(session, data, order, batchSize, piece, tally);
        left -= piece;
        soFar = here();
        if (pace.next) yield report(session);
      }
      return tally.sum / tally.rows;
    },
    *evaluateRows(session, data, rows) {
      const { machine, model, progress } = session;
      machine.totals.fill(0);
      for (let start = 0; start < rows.length;) {
        // Outside epochs, an evaluation does not pause.
        const piece = (progress.rows > 0 && pace.next?.("batches")) || rows.length;
        const part = rows.subarray(start, start + piece * model.batchSize);
        forBatches(session, data, part, (n) => machine.evaluate(n));
        start += part.length;
        if (progress.rows > 0 && pace.next && start < rows.length) yield report(session);
      }
      return machine.summarise();
    },
  };
}
