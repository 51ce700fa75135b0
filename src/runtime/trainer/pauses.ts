// Trainers that pause inside epochs: between steps, and between the batches of an evaluation. A caller can
// then report progress, handle events, save or stop at any step.
import type { Session, TakeSteps } from "../step/session.ts";
import { singleSteps } from "../step/steps.ts";
import type { EpochSession } from "./epochs.ts";
import { forBatches } from "./evaluate.ts";
import type { EpochPosition, EpochReport, Trainer } from "./trainer.ts";

/** The kind of work between two pauses: optimizer steps, or batches of an evaluation. */
export type PieceKind = "steps" | "batches";

/** Returns the length of the next piece of work, at least 1. */
export type NextPiece = (kind: PieceKind) => number;

/** Determines when a trainer pauses. Without `next`, it does not pause. */
export interface Pace {
  next?: NextPiece | undefined;
}

/** A trainer that can pause. */
export interface PausingTrainer extends Trainer {
  /**
   * Makes epochs() pause after each piece of work; `next` returns the length of the piece. If `next` is
   * undefined, epochs() no longer pauses. At a pause, epochs() yields a report with `soFar`, and save()
   * returns a checkpoint from which training continues inside the epoch. Pauses do not change the results.
   */
  pauseAfter(next: NextPiece | undefined): void;
}

/** Adds pauseAfter() to a trainer whose epoch parts are `pausing(pace)`. */
export const withPauses = <Other extends Trainer>(trainer: Other, pace: Pace): Other & PausingTrainer =>
  Object.assign(trainer, {
    pauseAfter(next: NextPiece | undefined): void {
      pace.next = next;
    },
  });

/** The epoch parts of a trainer that pauses. */
type PausingParts = Required<Pick<EpochSession, "takeSteps" | "evaluateRows">>;

/**
 * Creates epoch parts that pause after each piece of work. Their results are bit-identical to those of
 * `others` and `evaluateBatches`, which do not pause.
 */
export function pausing(pace: Pace, others: TakeSteps = singleSteps): PausingParts {
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
      // Only epochs() uses the tally of the session. Other callers, such as steps(), do not pause.
      if (tally !== session.progress) return yield* others(session, data, order, batchSize, count, tally);
      const rowsOfStep = session.training.accumulate ? batchSize * session.training.accumulate : batchSize;
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
        // An evaluation pauses only inside an epoch.
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
