// The speed limits that the emitted training steps must meet. They compare the steps with the machine's SIMD
// peak, with other libraries on one thread, and two threads with one.
import { fastestOfOurs, peakOf, ratio, shareOfPeak } from "./figures.ts";
import type { Outcome, WorkloadOutcome } from "./figures.ts";
import type { Line } from "./lines.ts";

/** For each workload, the minimum fraction of the measured SIMD peak. */
const shares: Readonly<Record<string, number>> = { wide: 0.75, mnist: 0.5, lenet: 0.4, charlm: 0.5 };

/** For each library and workload, the minimum ratio of our steps per second to those of the library. */
const ratios: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "jax-js wasm": { tiny: 100, digits: 10, mnist: 2.5, wide: 1.6, lenet: 50, charlm: 2.5, regress: 2.5 },
  "PyTorch eager": { tiny: 100, digits: 10, mnist: 1, wide: 0.42, lenet: 0.9, charlm: 0.55, regress: 0.85 },
};

/** For each workload, the minimum speed-up of two threads over one. */
const splits: Readonly<Record<string, number>> = { wide: 1.6, lenet: 1.6 };

/** One line for each bound for which both measurements exist. */
export function boundLines(all: readonly WorkloadOutcome[]): Line[] {
  return all.flatMap((each) => {
    const { workload, outcomes } = each;
    const ours = fastestOfOurs(each);
    if (ours === undefined) return [];
    const named = (name: string) => outcomes.find((outcome) => outcome.name === name);
    const threaded = outcomes.find(({ kind, threads }) => kind === "ours" && threads === 2);
    return [
      ...line(
        `${workload}: ${ours.name}, of the SIMD peak`,
        shareOfPeak(ours, peakOf(each)),
        shares[workload],
        percent,
      ),
      ...Object.entries(ratios).flatMap(([peer, bound]) =>
        line(`${workload}: ${ours.name} over ${peer}`, overPeer(ours, named(peer)), bound[workload], times),
      ),
      ...line(
        `${workload}: two threads over one`,
        threaded && ratioOfThreads(threaded, outcomes),
        splits[workload],
        times,
      ),
    ];
  });
}

const overPeer = (ours: Outcome, peer: Outcome | undefined) => peer && ratio(ours, peer);

/** The speed-up over one thread for the same target. */
function ratioOfThreads(threaded: Outcome, outcomes: readonly Outcome[]): number | undefined {
  const alone = outcomes.find(({ name }) => `${name}, 2 threads` === threaded.name);
  return alone && ratio(threaded, { ...alone, rounds: alone.walls });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const times = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} times`;

function line(
  what: string,
  value: number | undefined,
  least: number | undefined,
  written: (value: number) => string,
): Line[] {
  if (value === undefined || least === undefined) return [];
  return [{ what, measured: written(value), limit: `at least ${written(least)}`, holds: value >= least }];
}
