/** Two properties of steps: they allocate nothing, and they can be resumed from a checkpoint bit for bit. */
import type { Batch } from "../step/batch.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { hostGlobal } from "../wasm/wasm-engine.ts";

// How many bytes a step leaves on the heap. The host's figure of the heap is read before and after a few
// steps, and the median of many such windows counts, since in some the collector runs. Whether the figure
// shows what is allocated at all differs from host to host, so the measure is tried first on steps that do
// allocate; where it does not see that, nothing is claimed.

/**
 * Some numbers that go from one function to another stand on the heap, 16 bytes each; the loss that a step
 * gives back is one.
 */
export const fewNumbers = 128;

const windows = 9;
/** What the steps that are known to allocate leave behind: an array of so many numbers, 8 bytes each. */
const knownNumbers = 32;

/** What the heap holds, in bytes. */
type HeapMeter = () => number;

/** After so many steps an engine has compiled all that it wants to. */
const enough = 4000;
const attempts = 16;

interface MeasuredStep {
  step(): number;
  /** The same with little work, for the engine to compile what it runs. */
  warmUp(): number;
  /** How often that is done before each attempt to measure, and how many steps are measured at a time. */
  readonly patience: number;
  readonly steps: number;
}

/**
 * Bytes of one step; undefined where the host does not tell, or too few steps went before for what is seen to
 * be the step's own.
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
  // An engine compiles when it sees fit; until then numbers on the way stand on the heap, too.
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

/** By how much the heap grows in a window of so many steps: the median of several windows. */
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

/**
 * Whether a run that is saved and resumed is the run that nobody interrupted, and whether a seed decides it:
 * bit for bit.
 */
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
