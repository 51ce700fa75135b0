/**
 * Checks two properties of training steps: they allocate no memory, and training that resumes from a
 * checkpoint is bit-identical to uninterrupted training.
 */
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { hostGlobal } from "../wasm/wasm-engine.ts";

/**
 * The accepted number of bytes per step. Engines allocate 16 bytes for some numbers that functions return,
 * such as the loss of a step.
 */
export const fewNumbers = 128;

const windows = 9;
/** A control step allocates an array of this many numbers, 8 bytes each. */
const knownNumbers = 32;

/** Reads the size of the heap in bytes. */
type HeapMeter = () => number;

/** After this many steps, an engine has compiled all code of a step. */
const enough = 4000;
const attempts = 16;

interface MeasuredStep {
  step(): number;
  /** Takes a cheap step. After many such steps, the engine compiles the code. */
  warmUp(): number;
  /** The number of cheap steps before each attempt, and the number of steps that are measured. */
  readonly patience: number;
  readonly steps: number;
}

/**
 * Measures the bytes that a step allocates. The garbage collector may run during some measurements, so the
 * growth of the heap is measured several times, and the median counts. The heap size of some hosts does not
 * show allocations. Therefore, control steps with a known allocation are measured too. If the heap size does
 * not show this allocation, the result is undefined.
 */
export function bytesPerStep(
  { step, warmUp, patience, steps }: MeasuredStep,
  meter = heapMeter(),
): number | undefined {
  if (meter === undefined) return undefined;
  const kept = { sum: 0, list: [0] };
  const quiet = (): void => {
    kept.sum += step();
  };
  const loud = (): void => {
    quiet();
    kept.list = new Array<number>(knownNumbers).fill(kept.sum);
  };
  let least: number | undefined;
  const isFew = () => least !== undefined && least <= fewNumbers;
  // Code that the engine has not yet compiled allocates intermediate numbers, so the measurement is repeated.
  for (let attempt = 0; attempt < attempts && !isFew(); attempt++) {
    repeat(warmUp, patience);
    repeat(quiet, steps);
    repeat(loud, steps);
    const growthOf = (work: () => void) => growth(work, steps, meter);
    const [ofReading, ofSteps, ofKnown] = [growthOf(() => {}), growthOf(quiet), growthOf(loud)];
    const isSeen = ofKnown - ofSteps >= (8 * knownNumbers * steps) / 2;
    if (isSeen) least = Math.min(least ?? Infinity, Math.max(0, ofSteps - ofReading) / steps);
  }
  return isFew() || attempts * patience >= enough ? least : undefined;
}

function repeat(work: () => void, times: number): void {
  for (let i = 0; i < times; i++) work();
}

/** Returns the growth of the heap during `steps` steps, as the median of several measurements. */
function growth(work: () => void, steps: number, meter: HeapMeter): number {
  const grown = Array.from({ length: windows }, () => {
    const before = meter();
    repeat(work, steps);
    return meter() - before;
  });
  return grown.sort((a, b) => a - b)[windows >> 1]!;
}

function heapMeter(): HeapMeter | undefined {
  const host = hostGlobal<{ memoryUsage?: () => { heapUsed: number } }>("process");
  return host?.memoryUsage && (() => host.memoryUsage?.().heapUsed ?? 0);
}

/** Whether resumed and uninterrupted runs are bit-identical, and whether runs with the same seed are. */
export interface ResumeCheck {
  /** The number of steps before the checkpoint, and again after it. */
  readonly steps: number;
  /**
   * Whether k steps, a checkpoint and k more steps end in the same state as 2k steps. The state consists of
   * parameters, optimizer state and counters.
   */
  readonly isResumed: boolean;
  /** Whether two runs of 2k steps with the same seed end in the same state. */
  readonly isRepeated: boolean;
}

/** `batchOf` returns the batch of a step. */
export function checkResuming(
  createTrainer: (options: { seed?: number | undefined }) => Trainer,
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
  // This trainer has a different seed, so the check fails unless the checkpoint replaces the whole state.
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
