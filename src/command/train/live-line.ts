/**
 * The progress line of training inside an epoch: step, loss so far, speed, and remaining time. Times are
 * estimated from the current epoch and from the last complete one.
 */
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { figureText } from "../../runtime/training/train-on.ts";

/** Milliseconds between two lines. */
const betweenLines = 500;

/** Training that begins, or continues inside an epoch. */
export interface LineSubject {
  /** A prefix, if a run has several stages. */
  readonly name: string;
  /** The total number of epochs, and the number of rows of an epoch. */
  readonly epochs: number;
  readonly rows: number;
  /** The number of rows of the current epoch that an earlier run has processed. */
  readonly passed: number;
}

export interface LiveLine {
  begin(subject: LineSubject): void;
  /** The line at a pause, or undefined if the last line is recent. */
  at(pause: EpochReport): string | undefined;
  /** Call this after each epoch. The line that reports the epoch counts as a recent line. */
  endEpoch(): void;
}

/** `now` is a clock in milliseconds. */
export function createLiveLine(now: () => number): LiveLine {
  let subject: LineSubject = { name: "", epochs: 0, rows: 0, passed: 0 };
  let shown = -Infinity;
  /**
   * The times at which the current epoch began and its last step ended, and whether the evaluation has begun.
   */
  let [start, stepsEnd, isEvaluating] = [0, 0, false];
  /** Rows per millisecond. */
  let speed = 0;
  /** The durations of the last evaluation and of the last complete epoch, in milliseconds. */
  let evaluation = 0;
  let epoch: number | undefined;

  return {
    begin(other) {
      subject = other;
      [start, shown, isEvaluating, evaluation, epoch] = [now(), -Infinity, false, 0, undefined];
    },
    at({ epoch: number, loss, soFar }) {
      if (soFar === undefined) return undefined;
      const { name, epochs, rows, passed } = subject;
      const { step, steps, rows: done } = soFar;
      const time = now();
      if (!isEvaluating) {
        speed = (done - passed) / Math.max(time - start, 1);
        stepsEnd = time;
        isEvaluating = done >= rows;
      }
      if (time - shown < betweenLines) return undefined;
      shown = time;
      const ofSteps = done < rows ? (rows - done) / speed : 0;
      const ofEvaluation = done < rows ? evaluation : Math.max(0, stepsEnd + evaluation - time);
      const ofEpoch = ofSteps + ofEvaluation;
      const ofRun = ofEpoch + (epochs - number) * (epoch ?? rows / speed + evaluation);
      return (
        `${name}epoch ${number}/${epochs}  step ${step}/${steps}  loss ${figureText(loss)}  ` +
        `${speedText(speed * 1000)} rows/s  left: epoch ${timeText(ofEpoch)}, run ${timeText(ofRun)}`
      );
    },
    endEpoch() {
      const time = now();
      if (isEvaluating) evaluation = time - stepsEnd;
      if (subject.passed === 0) epoch = time - start;
      subject = { ...subject, passed: 0 };
      [start, shown, isEvaluating] = [time, time, false];
    },
  };
}

/** Three significant digits: 87.5, 1,230, 2,460,000. */
const speedText = (rows: number): string => Number(rows.toPrecision(3)).toLocaleString("en-US");

/**
 * Minutes and seconds, and hours if there are any: 0:07, 12:30, 3:05:00. A question mark if the time is
 * unknown.
 */
export function timeText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "?";
  const seconds = Math.round(milliseconds / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const end = `${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${end}` : `${minutes}:${end}`;
}
