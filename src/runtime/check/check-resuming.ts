/**
 * Whether a run that is saved and resumed is the run that nobody interrupted, and whether a seed decides it:
 * bit for bit.
 */
import type { Batch } from "../core/slots.ts";
import type { Trainer } from "../trainer/trainer.ts";

export interface ResumeCheck {
  /** Before the checkpoint, and as many after it. */
  readonly steps: number;
  /** k steps, a checkpoint and k steps leave what 2k steps leave: parameters, optimizer states, counters. */
  readonly isResumed: boolean;
  /** 2k steps from the same seed leave the same. */
  readonly isRepeated: boolean;
}

/** `batchOf`: what step k trains on. */
export function checkResuming(
  createTrainer: (options: { seed?: number }) => Trainer,
  batchOf: (step: number) => Batch,
  steps = 5,
): ResumeCheck {
  const seed = 1;
  const run = (trainer: Trainer, from: number, to: number): Trainer => {
    for (let step = from; step < to; step++) trainer.step(batchOf(step));
    return trainer;
  };
  const whole = run(createTrainer({ seed }), 0, 2 * steps).save();
  const checkpoint = run(createTrainer({ seed }), 0, steps).save();
  // Of another seed, so that all of what it was must give way.
  const resumed = createTrainer({ seed: seed + 1 });
  resumed.load(checkpoint);
  return {
    steps,
    isResumed: areSameBytes(run(resumed, steps, 2 * steps).save(), whole),
    isRepeated: areSameBytes(run(createTrainer({ seed }), 0, 2 * steps).save(), whole),
  };
}

const areSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
