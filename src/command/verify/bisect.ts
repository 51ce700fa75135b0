/**
 * Finds the compiler stage that introduces an error. Runs the results of all stages on seeded data in f64:
 * graphs in the reference interpreter, loops in the loop interpreter, planned loops in their arena. Checks
 * the derivation first (`derivation-errors.ts`), then compares later results with the graphs before all
 * passes. If the final result of a program differs, bisection finds the first stage whose result differs.
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
import { readStorage, writeStorage } from "../../compiler/reference/program-memory.ts";
import type { ProgramMemory } from "../../compiler/reference/program-memory.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { isLoopProgram, isPlanned } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { rowsFor } from "./batches.ts";
import { derivationError } from "./derivation-errors.ts";
import type { StageDifference } from "./derivation-errors.ts";
import { randomMemory, worstError } from "./random-memory.ts";

export interface Bisection {
  readonly name: string;
  readonly rows: number;
  /** All stages that ran, once per list. */
  readonly stages: readonly string[];
  readonly first?: StageDifference | undefined;
}

/**
 * Models with more operations per row run on one row, because interpreters compute only a few million
 * operations per second.
 */
const maxFlops = 1e6;
/** The largest relative error in f64 that rewrites may cause by rounding. */
const tolerance = 1e-9;

/**
 * Checks all stages of both schedules, scalar and vector. `lists` replaces the stages of the compiler, for
 * tests.
 */
export function bisect(model: Model, lists?: StageLists): Bisection {
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => void reports.push(report);
  const compilation = compileModel(model, { dtype: "f64", schedule: "vectors", watch }, lists);
  const { batchSize } = model.training;
  const flopsOfRow = flopsOfProgram(compilation, "gradient") / batchSize;
  const rows = flopsOfRow > maxFlops ? 1 : rowsFor(batchSize, flopsOfRow);
  const stages = [...new Set(reports.map(key))];
  const derivation = reports.filter(({ list }) => list === "derivation");
  const difference = derivationError(derivation, () => randomMemory(compilation, rows), tolerance);
  if (difference !== undefined) return { name: model.name, rows, stages, first: difference };

  const trials = trialsOf(reports, randomMemory(compilation, rows));
  const differences = [...trials].flatMap(([program, trial]) => {
    const own = reports.filter(({ list, before }) => list !== "derivation" && before.name === program);
    return schedules.map((schedule) => {
      const chain = own.filter(({ list }) => list === schedule || !schedules.includes(list));
      return firstDifference(chain, (report) => differenceOf(report, trial, { rows, batchSize }));
    });
  });
  // The earliest stage in the pipeline, in any program.
  const found = differences
    .flatMap((each) => each ?? [])
    .sort((a, b) => stages.indexOf(key(a)) - stages.indexOf(key(b)));
  return { name: model.name, rows, stages, first: found.at(0) };
}

/** The last two lists of stages, which both start from the same kernels. */
const schedules: readonly string[] = ["scalar schedule", "vector schedule"];

const key = ({ list, stage }: Pick<StageReport, "list" | "stage">): string => `${list}: ${stage}`;

/** Binary search for the first stage whose result differs, if the last one does. */
function firstDifference(
  chain: readonly StageReport[],
  differenceOf: (report: StageReport) => StageDifference | undefined,
): StageDifference | undefined {
  const last = chain.at(-1);
  let difference = last && differenceOf(last);
  if (difference === undefined) return undefined;
  let [good, bad] = [-1, chain.length - 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const found = differenceOf(chain[middle]);
    if (found === undefined) good = middle;
    else {
      bad = middle;
      difference = found;
    }
  }
  return difference;
}

/**
 * The storage of a program before it runs, and the outputs that the reference interpreter computes from it.
 */
interface Trial {
  readonly before: Storage;
  readonly expected: Storage;
}

interface Rows {
  readonly rows: number;
  readonly batchSize: number;
}

/**
 * The trials of the programs of a step, in order. Each starts from the storage that its predecessors have
 * written.
 */
function trialsOf(reports: readonly StageReport[], memory: ProgramMemory): ReadonlyMap<string, Trial> {
  const trials = new Map<string, Trial>();
  for (const name of programNames) {
    // The graph before the first graph pass, because the derivation decides what a program computes.
    const graph = reports.find(({ list, before }) => list !== "derivation" && before.name === name)?.before;
    if (graph === undefined || isLoopProgram(graph)) continue;
    const before = memory.read();
    const expected = memory.run(graph);
    trials.set(name, { before, expected });
  }
  return trials;
}

/** The difference between the result of a stage and the expected outputs, if it exceeds the tolerance. */
function differenceOf(report: StageReport, trial: Trial, sizes: Rows): StageDifference | undefined {
  const { stage, list, before, after } = report;
  const difference = { stage, list, program: before.name };
  try {
    const actual = isLoopProgram(after)
      ? runLoops(after, report, trial, sizes)
      : interpret(after, trial.before, sizes.rows);
    const { output, error } = worstError(actual, trial.expected);
    return error <= tolerance ? undefined : { ...difference, output, error };
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    return { ...difference, output: error.message, error: Infinity };
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
  // NaN reveals temporaries that are read before they are written.
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

/** The stages after which the addresses in vector programs are in bytes. */
const inBytes = new Set([...vectorSchedule.addresses, vectorSchedule.plan].map(({ name }) => name));

/**
 * The result as text. If a stage causes an error, the text also contains the command that skips this stage.
 */
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
    `  to skip it, if it is optional: tapeless compile ${file} --skip ${stage}`,
    "",
  ].join("\n");
}
