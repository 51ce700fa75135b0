/**
 * Handles the pauses of training, inside epochs and after them: shows the progress line, lets the process
 * handle events, and stops training after a signal.
 */
import type { PausingTrainer } from "../../runtime/trainer/pauses.ts";
import type { EpochReport, Trainer } from "../../runtime/trainer/trainer.ts";
import { catchStopSignals } from "../terminal/stop-signals.ts";
import type { StopSignals } from "../terminal/stop-signals.ts";
import { Interrupted } from "./interruption.ts";
import { createLiveLine } from "./live-line.ts";
import type { LineSubject } from "./live-line.ts";
import { createPacer } from "./pacer.ts";

export interface PauseOptions {
  /** Shows a line in place of the previous line, if the output allows it. */
  redraw(text: string): void;
  /** Returns the file of the checkpoint, to which `save` then writes. */
  openCheckpoint(): Promise<string>;
  /** Whether the command saves a checkpoint after each epoch in any case. */
  readonly savesEpochs: boolean;
  /** A clock in milliseconds. */
  readonly now?: () => number;
  readonly catchSignals?: () => StopSignals;
}

export interface PauseHandler {
  /** Lets the trainer pause, and catches signals from now on. */
  begin(trainer: Trainer, subject: LineSubject): void;
  /**
   * Call this at each report, after an epoch is saved.
   * @throws Interrupted after a signal; `save` has then written the checkpoint
   */
  pause(report: EpochReport, save: () => Promise<void>): Promise<void>;
  /** Stops catching signals; from now on, a signal ends the process. */
  release(): void;
}

export function handlePauses({
  redraw,
  openCheckpoint,
  savesEpochs,
  now = () => performance.now(),
  catchSignals = catchStopSignals,
}: PauseOptions): PauseHandler {
  const [pacer, line] = [createPacer(now), createLiveLine(now)];
  let signals: StopSignals | undefined;
  return {
    begin(trainer, subject) {
      signals ??= catchSignals();
      line.begin(subject);
      if (canPause(trainer)) trainer.pauseAfter(pacer.next);
    },
    async pause(report, save) {
      const isInside = report.soFar !== undefined;
      if (isInside) {
        pacer.pause();
        const text = line.at(report);
        if (text !== undefined) redraw(text);
      } else line.endEpoch();
      // Signals are handled only while the thread waits.
      await new Promise((resolve) => setImmediate(resolve));
      const signal = signals?.received();
      if (signal === undefined) return;
      const file = await openCheckpoint();
      if (isInside || !savesEpochs) await save();
      throw new Interrupted(signal, report, file);
    },
    release: () => signals?.release(),
  };
}

export const canPause = (trainer: Trainer): trainer is PausingTrainer => "pauseAfter" in trainer;
