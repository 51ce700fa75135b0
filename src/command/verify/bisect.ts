/**
 * Finds the stage of the compiler that is at fault. The results of all stages run on seeded data in f64: graphs in the
 * reference interpreter, loops in the interpreter of loops, planned loops in their arena. After the derivation
 * (`derivation-faults.ts`), they are compared with the graphs before all passes. If the last result of a program
 * differs, halving finds the stage whose input agrees and whose result does not.
 */
import { InternalError } from "../../compiler/diagnostics/errors.ts";
import { evaluateProgram } from "../../compiler/loop/evaluate.ts";
import { allocateBuffers, arenaMemory } from "../../compiler/loop/evaluate-expressions.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { LoopProgram } from "../../compiler/loop/types.ts";
import { compileModel, vectorSchedule } from "../../compiler/pipeline.ts";
import type { StageLists } from "../../compiler/pipeline.ts";
import { interpret } from "../../compiler/reference/interpret.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { isLoopProgram, isPlanned } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { rowsFor } from "./batches.ts";
import { derivationFault } from "./derivation-faults.ts";
import type { FaultyStage } from "./derivation-faults.ts";
import { ModelMemory, readStorage, worstError, writeStorage } from "./model-memory.ts";

export interface Bisection {
  readonly name: string;
  readonly rows: number;
  /** All stages that ran, each once for its list. */
  readonly stages: readonly string[];
  readonly first?: FaultyStage | undefined;
}

/** Interpreters do some millions of operations a second: larger models are run on one row. */
const mostFlops = 1e6;
/** What rewrites that change rounding may come to in f64. */
const tolerance = 1e-9;

/** Looks at all stages, on scalars and on vectors. `lists` replace the compiler's stages, for tests. */
export function bisect(model: Model, lists?: StageLists): Bisection {
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => void reports.push(report);
  const compilation = compileModel(model, { dtype: "f64", schedule: "vectors", watch }, lists);
  const { batchSize } = model.training;
  const flopsOfRow = flopsOfProgram(compilation, "gradient") / batchSize;
  const rows = flopsOfRow > mostFlops ? 1 : rowsFor(batchSize, flopsOfRow);
  const stages = [...new Set(reports.map(key))];
  const derivation = reports.filter(({ list }) => list === "derivation");
  const fault = derivationFault(derivation, () => new ModelMemory(compilation, rows), tolerance);
  if (fault !== undefined) return { name: model.name, rows, stages, first: fault };

  const trials = trialsOf(reports, new ModelMemory(compilation, rows));
  const faults = [...trials].flatMap(([program, trial]) => {
    const own = reports.filter(({ list, before }) => list !== "derivation" && before.name === program);
    return schedules.map((schedule) => {
      const chain = own.filter(({ list }) => list === schedule || !schedules.includes(list));
      return firstFault(chain, (report) => faultOf(report, trial, { rows, batchSize }));
    });
  });
  // The stage that comes first in the pipeline, whichever program shows it.
  const found = faults
    .flatMap((each) => each ?? [])
    .sort((a, b) => stages.indexOf(key(a)) - stages.indexOf(key(b)));
  return { name: model.name, rows, stages, first: found.at(0) };
}

/** The last lists: both start from the same kernels. */
const schedules: readonly string[] = ["scalar schedule", "vector schedule"];

const key = ({ list, stage }: Pick<StageReport, "list" | "stage">): string => `${list}: ${stage}`;

/** Halves the chain, if its last result differs: what is before it agrees, and what is after it does not. */
function firstFault(
  chain: readonly StageReport[],
  faultOf: (report: StageReport) => FaultyStage | undefined,
): FaultyStage | undefined {
  const last = chain.at(-1);
  let fault = last && faultOf(last);
  if (fault === undefined) return undefined;
  let [good, bad] = [-1, chain.length - 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const found = faultOf(chain[middle]);
    if (found === undefined) good = middle;
    else {
      bad = middle;
      fault = found;
    }
  }
  return fault;
}

/** A program's storage before it runs, and what the reference interpreter then leaves in it. */
interface Trial {
  readonly before: Storage;
  readonly expected: Storage;
}

interface Rows {
  readonly rows: number;
  readonly batchSize: number;
}

/** The programs of a step in order, each on what the ones before left in storage. */
function trialsOf(reports: readonly StageReport[], memory: ModelMemory): ReadonlyMap<string, Trial> {
  const trials = new Map<string, Trial>();
  for (const name of programNames) {
    // Before the first graph pass: the derivation decides what a program computes.
    const graph = reports.find(({ list, before }) => list !== "derivation" && before.name === name)?.before;
    if (graph === undefined || isLoopProgram(graph)) continue;
    const before = memory.read();
    const expected = memory.run(graph);
    trials.set(name, { before, expected });
  }
  return trials;
}

/** Whether the result of a stage differs. */
function faultOf(report: StageReport, trial: Trial, sizes: Rows): FaultyStage | undefined {
  const { stage, list, before, after } = report;
  const fault = { stage, list, program: before.name };
  try {
    const actual = isLoopProgram(after)
      ? runLoops(after, report, trial, sizes)
      : interpret(after, trial.before, sizes.rows);
    const { output, error } = worstError(actual, trial.expected);
    return error <= tolerance ? undefined : { ...fault, output, error };
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    return { ...fault, output: error.message, error: Infinity };
  }
}

/** A planned program runs in the arena, where temporaries share memory. */
function runLoops(
  program: LoopProgram,
  { stage, list }: StageReport,
  { before, expected }: Trial,
  sizes: Rows,
): Storage {
  const memory = isPlanned(program)
    ? arenaMemory(program)
    : allocateBuffers(program.buffers, sizes.batchSize);
  // Nothing is in temporaries before the program stores it.
  for (const [name, { region }] of program.buffers) if (region === "temporary") memory.get(name)?.fill(NaN);
  writeStorage(memory, before);
  evaluateProgram(program, memory, {
    ...sizes,
    mayOverrun: list === "vector schedule",
    inBytes: list === "vector schedule" && inBytes.has(stage),
  });
  const outputs = [...program.buffers].filter(([name]) => expected.has(name));
  return readStorage(memory, new Map(outputs), sizes.rows);
}

/** The stages after which addresses on vectors are in bytes. */
const inBytes = new Set([...vectorSchedule.addresses, vectorSchedule.plan].map(({ name }) => name));

/** What a bisection found, as one line; of a fault, how to look at the stage, and how to do without it. */
export function bisectionText({ name, rows, stages, first }: Bisection, spec: string): string {
  if (first === undefined)
    return (
      `${name}: after all ${stages.length} stages, every program agrees with the reference interpreter ` +
      `(f64, ${rows} rows)\n`
    );
  const { stage, list, program, output, error } = first;
  const file = shellWord(spec);
  return [
    `${name}: the first stage whose result differs from the reference interpreter is ${stage} (${list})`,
    `  in ${program}: ${error === Infinity ? output : `${output}, relative error ${error.toExponential(1)}`}`,
    `  to leave it out where it can be skipped: tapeless compile ${file} --skip ${stage}`,
    "",
  ].join("\n");
}
