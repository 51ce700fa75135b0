// What was measured, and what follows from it. Ratios and shares are taken within rounds: the speed of a
// machine that others use drifts, but hardly within a round; the median of the rounds counts.

/** One contender on one workload. */
export interface Outcome {
  readonly name: string;
  readonly kind: "ours" | "peer" | "peak";
  readonly threads: number;
  /**
   * Milliseconds of a step, round by round; none where it lacks something. Of one thread those in which it
   * ran, so that waiting for a core that others hold does not count; of several those by the clock.
   */
  readonly rounds: readonly number[];
  /** Those by the clock. */
  readonly walls: readonly number[];
  /** Of the first batch, before the first step and after the last. */
  readonly losses?: readonly [number, number];
  /** Milliseconds from the start of the process to the end of the first step; the least of several starts. */
  readonly first?: number;
  /** Bytes, at its highest. */
  readonly memory?: number;
  /** Bytes that a browser's user downloads. */
  readonly download?: number;
  /** Of a step. */
  readonly flops: number;
  readonly note?: string;
  readonly version?: string;
  /** Why it did not take part. */
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

/** In GFLOP/s: a step's operations are those of this compiler's graphs, whoever takes it. */
export const gigaflops = ({ rounds, flops }: Outcome): number | undefined =>
  rounds.length === 0 ? undefined : flops / median(rounds) / 1e6;

/** How many times as many steps as the other. */
export const ratio = (ours: Outcome, theirs: Outcome): number | undefined =>
  acrossRounds(ours, theirs, (our, their) => their / our);

/** The faster of the kernels that measure the machine. */
export const peakOf = ({ outcomes }: WorkloadOutcome): Outcome | undefined =>
  outcomes
    .filter(({ kind, rounds }) => kind === "peak" && rounds.length > 0)
    .toSorted((a, b) => median(a.rounds) - median(b.rounds))[0];

/** The share of the peak, from 0 to 1. */
export const shareOfPeak = (outcome: Outcome, peak: Outcome | undefined): number | undefined =>
  peak && acrossRounds(outcome, peak, (step, ofPeak) => outcome.flops / step / (peak.flops / ofPeak));

/** Ours on one thread, the fastest way to take a step: what others are compared with. */
export const fastestOfOurs = ({ outcomes }: WorkloadOutcome): Outcome | undefined =>
  outcomes
    .filter(({ kind, threads, rounds }) => kind === "ours" && threads === 1 && rounds.length > 0)
    .toSorted((a, b) => median(a.rounds) - median(b.rounds))[0];

/** Whether it learned: a contender that computes nothing would win. */
export const hasLearned = ({ losses }: Outcome): boolean => losses !== undefined && losses[1] < losses[0];
