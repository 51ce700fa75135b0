// Compares the contenders of one workload. All processes are started first; then each is measured in turn,
// round after round.
import { startContender } from "./contender-process.ts";
import type { Running, Start, StepTime } from "./contender-process.ts";
import type { Contender } from "./contenders.ts";
import type { Outcome } from "./figures.ts";

/** How much time the measurements take. */
export interface Effort {
  readonly rounds: number;
  /**
   * The milliseconds for which a contender is measured in a round. If a single step takes longer, one step is
   * measured.
   */
  readonly stretch: number;
  /** The minimum and maximum warm-up time, in milliseconds. */
  readonly warm: readonly [number, number];
  /** How often a process is started to measure the time to its first step. */
  readonly starts: number;
  /**
   * The milliseconds for which a contender is measured over all rounds. Slow contenders use them up in the
   * first rounds.
   */
  readonly budget: number;
}

export const fullEffort: Effort = { rounds: 7, stretch: 400, warm: [500, 3000], starts: 3, budget: 20_000 };
export const quickEffort: Effort = { rounds: 3, stretch: 100, warm: [150, 500], starts: 1, budget: 1500 };

interface Taking {
  readonly contender: Contender;
  readonly running: Running;
  readonly rounds: StepTime[];
  /** The error that stopped the contender early, if any. */
  fault: string | undefined;
}

/** Measures the contenders of a workload. `flops`: the operations of one step. */
export async function compareContenders(
  contenders: readonly Contender[],
  flops: number,
  effort: Effort,
): Promise<Outcome[]> {
  const taking: Taking[] = [];
  for (const contender of contenders)
    taking.push({ contender, running: await startContender(contender), rounds: [], fault: undefined });
  const able = () =>
    taking.filter(({ running, fault }) => running.start.lacks === undefined && fault === undefined);
  for (const each of able()) await attempt(each, () => each.running.warm(...effort.warm));
  const hasTime = ({ rounds }: Taking) => rounds.reduce((sum, { wall }) => sum + wall, 0) < effort.budget;
  for (let round = 0; round < effort.rounds; round++)
    for (const each of able().filter(hasTime))
      await attempt(each, async () => void each.rounds.push(await each.running.measure(effort.stretch)));
  const outcomes: Outcome[] = [];
  for (const each of taking) outcomes.push(await outcomeOf(each, flops, effort));
  return outcomes;
}

async function attempt(taking: Taking, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    taking.fault = error instanceof Error ? error.message : String(error);
  }
}

async function outcomeOf(
  { contender, running, rounds, fault }: Taking,
  flops: number,
  effort: Effort,
): Promise<Outcome> {
  const { name, kind, threads, download } = contender;
  const { note, version, loss: before = NaN } = running.start;
  const about = { name, kind, threads, flops: contender.flops ?? flops, download, note, version };
  const lacks = running.start.lacks ?? fault;
  if (lacks !== undefined) {
    running.stop();
    return { ...about, rounds: [], walls: [], lacks };
  }
  const { loss, memory } = await running.finish();
  running.stop();
  const first = Math.min(...(await startsOf(contender, running.start, effort.starts)));
  const walls = rounds.map(({ wall }) => wall);
  // With several threads, the step is measured by wall time: CPU time includes the time in which threads wait
  // for each other, so it does not show what threads save.
  return {
    ...about,
    rounds: threads === 1 ? rounds.map(({ ran }) => ran) : walls,
    walls,
    losses: [before, loss],
    first,
    memory,
  };
}

/** The maximum time of the first step, in milliseconds, for which a contender is started again. */
const slowStart = 3000;

/** Milliseconds to the first step, for this start and the repeated ones. */
async function startsOf(contender: Contender, { first = NaN }: Start, count: number): Promise<number[]> {
  const found = [first];
  while (contender.kind !== "peak" && found.length < count && first < slowStart) {
    const again = await startContender(contender);
    again.stop();
    found.push(again.start.first ?? NaN);
  }
  return found;
}
