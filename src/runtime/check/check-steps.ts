/**
 * Two properties of steps: they allocate nothing, and training resumes from a checkpoint with the same bits.
 */
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { hostGlobal } from "../wasm/wasm-engine.ts";

/**
 * Engines allocate some numbers that are passed between functions, 16 bytes each; the loss of a step is one.
 */
export const fewNumbers = 128;

const windows = 9;
/** The allocation of control steps: an array of this many numbers, 8 bytes each. */
const knownNumbers = 32;

/** Reads the size of the heap in bytes. */
type HeapMeter = () => number;

/** After this many steps an engine has compiled everything. */
const enough = 4000;
const attempts = 16;

interface MeasuredStep {
  step(): number;
  /** A cheap step, for the engine to compile. */
  warmUp(): number;
  /** The number of cheap steps before each attempt, and the number of measured steps. */
  readonly patience: number;
  readonly steps: number;
}

/**
 * The bytes that a step allocates. Reads the heap size before and after windows of steps and takes the median,
 * since the collector runs in some windows. Hosts differ in what their heap size shows, so control steps that
 * allocate are measured too; if these do not show, the result is undefined.
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
  // Before an engine compiles a function, it allocates intermediate numbers.
  for (let attempt = 0; attempt < attempts && !isFew(); attempt++) {
    repeat(warmUp, patience);
    repeat(quiet, steps);
    repeat(loud, steps);
    const [ofReading, ofSteps, ofKnown] = [() => {}, quiet, loud].map((work) => growth(work, steps, meter));
    const isSeen = ofKnown - ofSteps >= (8 * knownNumbers * steps) / 2;
    if (isSeen) least = Math.min(least ?? Infinity, Math.max(0, ofSteps - ofReading) / steps);
  }
  return isFew() || attempts * patience >= enough ? least : undefined;
}

function repeat(work: () => void, times: number): void {
  for (let i = 0; i < times; i++) work();
}

/** The growth of the heap in a window of steps: the median of several windows. */
function growth(work: () => void, steps: number, meter: HeapMeter): number {
  const grown = Array.from({ length: windows }, () => {
    const before = meter();
    repeat(work, steps);
    return meter() - before;
  });
  return grown.sort((a, b) => a - b)[windows >> 1];
}

function heapMeter(): HeapMeter | undefined {
  const host = hostGlobal<{ memoryUsage?: () => { heapUsed: number } }>("process");
  return host?.memoryUsage && (() => host.memoryUsage?.().heapUsed ?? 0);
}

/** Whether a resumed run has the bits of an uninterrupted run, and whether the seed determines all bits. */
export interface ResumeCheck {
  /** The number of steps before the checkpoint, and after it. */
  readonly steps: number;
  /**
   * Whether k steps, a checkpoint and k steps give the state of 2k steps: parameters, optimizer state,
   * counters.
   */
  readonly isResumed: boolean;
  /** Whether 2k steps from the same seed give the same state. */
  readonly isRepeated: boolean;
}

/** `batchOf`: the batch of step k. */
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
  // Another seed: the checkpoint must replace all state.
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
