/**
 * Runs stages: both graph passes and loop stages. The result of each stage is verified. If it is malformed,
 * the stage has a bug, and the error names the stage. Each stage can be skipped, timed and watched, and the
 * run can stop after it.
 */
import type { Application, Snapshot, Stage, StageFacts, StageOn } from "./define.ts";

/**
 * The result of a stage on one program, and the time that it took. A stage that runs on all programs together
 * reports its time once.
 */
export interface StageReport {
  readonly stage: string;
  /** The list that contains the stage. */
  readonly list: string;
  /** The applications of rewrite rules, in order. */
  readonly applications: readonly Application[];
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly milliseconds: number;
}

export interface RunOptions {
  /** The names of the stages to skip. Required stages run anyway. */
  readonly skip?: ReadonlySet<string> | undefined;
  /** The name of the last optional stage. Required stages still run after it. */
  readonly stopAfter?: string | undefined;
  /** Whether the stage `stopAfter` has already run, in an earlier list of stages. */
  readonly isStopped?: boolean | undefined;
  /** The name of the list in reports. */
  readonly list?: string | undefined;
  /** Receives every result of every stage; costs nothing if absent. */
  readonly watch?: ((report: StageReport) => void) | undefined;
}

/** The run options for the stages that follow `list`. */
export const afterList = (list: readonly StageFacts[], run: RunOptions): RunOptions =>
  list.some(({ name }) => name === run.stopAfter) ? { ...run, isStopped: true } : run;

/** Runs all stages of the list on the values, except the skipped ones. */
export function runStages<Value, Context>(
  stages: readonly StageOn<Value, Context>[],
  values: readonly Value[],
  context: Context,
  run: RunOptions = {},
): readonly Value[] {
  let current = values;
  let isStopped = run.isStopped === true;
  for (const stage of stages) {
    if (stage.isRequired || !(isStopped || run.skip?.has(stage.name)))
      current = runStage(stage, current, context, run);
    isStopped ||= stage.name === run.stopAfter;
  }
  return current;
}

/** Runs one stage on the values. */
export function runStage<In, Out, Context>(
  stage: Stage<In, Out, Context>,
  values: readonly In[],
  context: Context,
  run: RunOptions = {},
): readonly Out[] {
  const { work } = stage;
  if ("each" in work)
    return values.map((value) => {
      const applications: Application[] = [];
      const record = (application: Application) => void applications.push(application);
      const start = performance.now();
      const next = work.each(value, context, run.watch && record);
      finish(stage, value, next, { applications, milliseconds: performance.now() - start }, run);
      return next;
    });
  const start = performance.now();
  const results = work.all(values, context);
  const milliseconds = performance.now() - start;
  results.forEach((next, i) => {
    const facts = { applications: [], milliseconds: i === 0 ? milliseconds : 0 };
    finish(stage, values[i], next, facts, run);
  });
  return results;
}

/** Verifies a result, and reports it once for each program in it. */
function finish<In, Out, Context>(
  { name, takes, gives }: Stage<In, Out, Context>,
  before: In,
  after: Out,
  { applications, milliseconds }: Pick<StageReport, "applications" | "milliseconds">,
  { watch, list = "" }: RunOptions,
): void {
  const isSame: boolean = Object.is(before, after);
  if (!isSame) gives.check(after, name);
  if (watch === undefined) return;
  const given = takes.snapshots(before);
  gives.snapshots(after).forEach((snapshot, i) => {
    const time = i === 0 ? milliseconds : 0;
    watch({ stage: name, list, applications, milliseconds: time, before: given[i], after: snapshot });
  });
}
