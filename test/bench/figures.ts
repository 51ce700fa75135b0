// Measurements and the values computed from them. Ratios and fractions are computed within each round,
// because the speed of a shared machine changes over time, but hardly within a round. The result is the
// median over the rounds.

/** The measurements of one contender on one workload. */
export interface Outcome {
  readonly name: string;
  readonly kind: "ours" | "peer" | "peak";
  readonly threads: number;
  /**
   * The milliseconds per step in each round; empty if the contender lacks a feature. With one thread, this is
   * CPU time, so that waiting for a busy core does not count. With several threads, it is wall time.
   */
  readonly rounds: readonly number[];
  /** Wall time per step in each round, in milliseconds. */
  readonly walls: readonly number[];
  /** The loss of the first batch, before the first step and after the last one. */
  readonly losses?: readonly [number, number];
  /**
   * The milliseconds from the start of the process to the end of the first step; the minimum of several
   * starts.
   */
  readonly first?: number;
  /** Peak memory in bytes. */
  readonly memory?: number;
  /** Bytes that a user of a browser downloads. */
  readonly download?: number;
  /** Operations of one step. */
  readonly flops: number;
  readonly note?: string;
  readonly version?: string;
  /** Why the contender was not measured. */
  readonly lacks?: string;
}

export interface WorkloadOutcome {
  readonly workload: string;
  readonly words: string;
  readonly outcomes: readonly Outcome[];
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const acrossRounds = (a: Outcome, b: Outcome, of: (a: number, b: number) => number): number | undefined => {
  const pairs = a.rounds.slice(0, b.rounds.length).map((value, round) => of(value, b.rounds[round]));
  return pairs.length === 0 ? undefined : median(pairs);
};

export const stepsPerSecond = ({ rounds }: Outcome): number | undefined =>
  rounds.length === 0 ? undefined : 1000 / median(rounds);

/** GFLOP/s. For every contender, the number of operations of a step is that of this compiler's graphs. */
export const gigaflops = ({ rounds, flops }: Outcome): number | undefined =>
  rounds.length === 0 ? undefined : flops / median(rounds) / 1e6;

/** The speed-up of `ours` over `theirs`. */
export const ratio = (ours: Outcome, theirs: Outcome): number | undefined =>
  acrossRounds(ours, theirs, (our, their) => their / our);

/** The faster one of the kernels that measure the SIMD peak. */
export const peakOf = ({ outcomes }: WorkloadOutcome): Outcome | undefined =>
  outcomes
    .filter(({ kind, rounds }) => kind === "peak" && rounds.length > 0)
    .toSorted((a, b) => median(a.rounds) - median(b.rounds))[0];

/** The fraction of the SIMD peak, from 0 to 1. */
export const shareOfPeak = (outcome: Outcome, peak: Outcome | undefined): number | undefined =>
  peak && acrossRounds(outcome, peak, (step, ofPeak) => outcome.flops / step / (peak.flops / ofPeak));

/** This compiler's fastest trainer on one thread, with which others are compared. */
export const fastestOfOurs = ({ outcomes }: WorkloadOutcome): Outcome | undefined =>
  outcomes
    .filter(({ kind, threads, rounds }) => kind === "ours" && threads === 1 && rounds.length > 0)
    .toSorted((a, b) => median(a.rounds) - median(b.rounds))[0];

/**
 * Whether the loss fell. Without this check, a contender that computes nothing would appear to be the
 * fastest.
 */
export const hasLearned = ({ losses }: Outcome): boolean => losses !== undefined && losses[1] < losses[0];
