/**
 * How many bytes a step leaves on the heap. The host's figure of the heap is read before and after a few
 * steps, and the median of many such windows counts, since in some the collector runs. Whether the figure
 * shows what is allocated at all differs from host to host, so the measure is tried first on steps that do
 * allocate; where it does not see that, nothing is claimed.
 */
import { hostGlobal } from "../core/host-global.ts";

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

export interface MeasuredStep {
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
