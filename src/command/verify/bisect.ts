/**
 * Finds the compiler stage that introduces an error. Runs the results of stages on seeded data in f64, graphs in the
 * reference interpreter and loops in the loop interpreter, and compares them with the graph before all stages. If the
 * final result of a program differs, bisection finds the first stage whose result differs. Differentiation precedes
 * all stages and is not covered; central differences check it.
 */
import { InternalError } from "../../compiler/diagnostics/errors.ts";
import { boundShape, sizeOf } from "../../compiler/ir/types.ts";
import { evaluateProgram } from "../../compiler/loop/evaluate.ts";
import { allocateBuffers } from "../../compiler/loop/evaluate-expressions.ts";
import type { LoopMemory } from "../../compiler/loop/evaluate-expressions.ts";
import { programNames } from "../../compiler/loop/types.ts";
import type { Buffer, LoopProgram } from "../../compiler/loop/types.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import { compileModel, vectorSchedule } from "../../compiler/pipeline.ts";
import type { Compilation, StageLists } from "../../compiler/pipeline.ts";
import { interpret } from "../../compiler/reference/interpret.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { isLoopProgram } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { randomBatch } from "../../runtime/check/random-batch.ts";
import { normalNumber, randomKey, randomStream } from "../../runtime/numbers/random.ts";
import { batchStorage, parameterStorage, rowsFor, stateStorage } from "./batches.ts";

/** A stage whose result differs: in which program, at which output, and by how much. */
export interface StageDifference {
  readonly stage: string;
  readonly list: string;
  readonly program: string;
  /** The storage with the largest relative error, or the message of an error in the interpreter. */
  readonly output: string;
  readonly error: number;
}

export interface Bisection {
  readonly name: string;
  readonly rows: number;
  /** All stages that ran, once per list. */
  readonly stages: readonly string[];
  readonly first?: StageDifference | undefined;
}

const seed = 1;
/** Models with more operations per row run on one row, since interpreters do a few million operations per second. */
const maxFlops = 1e6;
/** The largest relative error in f64 that rewrites may cause by rounding. */
const tolerance = 1e-9;
/** Errors are relative to at least this fraction of the largest output, because exact zeros contain rounding noise. */
const noise = 3e-3;

/** Checks all stages, of the scalar and the vector schedule. `lists` replaces the stages of the compiler, for tests. */
export function bisect(model: Model, lists?: StageLists): Bisection {
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => void reports.push(report);
  const compilation = compileModel(model, { dtype: "f64", schedule: "vectors", watch }, lists);
  const { batchSize } = model.training;
  const flopsOfRow = flopsOfProgram(compilation, "gradient") / batchSize;
  const rows = flopsOfRow > maxFlops ? 1 : rowsFor(batchSize, flopsOfRow);
  const trials = trialsOf(compilation, reports, rows);
  const stages = [...new Set(reports.map(key))];
  const differences = [...trials].flatMap(([program, trial]) => {
    const own = reports.filter(({ before }) => before.name === program);
    return schedules.map((schedule) => {
      const chain = own.filter(({ list }) => list === schedule || !schedules.includes(list));
      return firstDifference(chain, (report) => differenceOf(report, trial, { rows, batchSize }));
    });
  });
  // The earliest stage in the pipeline, in any program.
  const found = differences
    .flatMap((difference) => difference ?? [])
    .sort((a, b) => stages.indexOf(key(a)) - stages.indexOf(key(b)));
  return { name: model.name, rows, stages, first: found.at(0) };
}

/** The last two lists, which both start from the same kernels. */
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

/** The storage of a program before it runs, and the outputs that the reference interpreter computes from it. */
interface Trial {
  readonly before: Storage;
  readonly expected: Storage;
}

interface Rows {
  readonly rows: number;
  readonly batchSize: number;
}

/** Trials for the programs of a step, in order: each starts from the storage that its predecessors leave. */
function trialsOf(
  { model, built, plan }: Compilation,
  reports: readonly StageReport[],
  rows: number,
): ReadonlyMap<string, Trial> {
  const { batchSize } = model.training;
  const buffers = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  const memory = allocateBuffers(buffers, batchSize);
  const facts = modelFacts(model, built, "f64");
  const random = randomStream(randomKey(seed, 0, 1));
  const parameters = Object.fromEntries(
    facts.parameters.map(({ name, shape }) => [
      name,
      Array.from({ length: sizeOf(shape, batchSize) }, () => normalNumber(random) / 4),
    ]),
  );
  write(memory, batchStorage(facts, randomBatch(facts, rows, seed)));
  write(memory, parameterStorage(facts, parameters));
  write(memory, stateStorage(built.states, seed));
  const trials = new Map<string, Trial>();
  for (const name of programNames) {
    const graph = reports.map(({ before }) => before).find((before) => before.name === name);
    if (graph === undefined || isLoopProgram(graph)) continue;
    const before = read(memory, buffers, rows);
    const expected = interpret(graph, before, rows);
    write(memory, expected);
    trials.set(name, { before, expected });
  }
  return trials;
}

/** Copies tensors to buffers, which may be larger, since they hold a full batch. */
function write(memory: LoopMemory, storage: Storage): void {
  for (const [name, { data }] of storage) memory.get(name)?.set(data);
}

const read = (memory: LoopMemory, buffers: ReadonlyMap<string, Buffer>, rows: number): Storage =>
  new Map(
    [...buffers].map(([name, { shape }]): [string, Tensor] => {
      const data = Float64Array.from(memory.get(name)?.subarray(0, sizeOf(shape, rows)) ?? []);
      return [name, { shape: boundShape(shape, rows), data }];
    }),
  );

/** The difference between the result of a stage and the expected outputs, if it exceeds the tolerance. */
function differenceOf(report: StageReport, trial: Trial, sizes: Rows): StageDifference | undefined {
  const { stage, list, before, after } = report;
  const difference = { stage, list, program: before.name };
  try {
    const actual = isLoopProgram(after)
      ? runLoops(after, report, trial, sizes)
      : interpret(after, trial.before, sizes.rows);
    const { output, error } = worstOf(actual, trial.expected);
    return error <= tolerance ? undefined : { ...difference, output, error };
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    return { ...difference, output: error.message, error: Infinity };
  }
}

function runLoops(
  program: LoopProgram,
  { stage, list }: StageReport,
  { before, expected }: Trial,
  sizes: Rows,
): Storage {
  const memory = allocateBuffers(program.buffers, sizes.batchSize);
  // NaN reveals temporaries that are read before they are written.
  for (const [name, { region }] of program.buffers) if (region === "temporary") memory.get(name)?.fill(NaN);
  write(memory, before);
  evaluateProgram(program, memory, {
    ...sizes,
    mayOverrun: list === "vector schedule",
    inBytes: list === "vector schedule" && vectorSchedule.places.some(({ name }) => name === stage),
  });
  const outputs = [...program.buffers].filter(([name]) => expected.has(name));
  return read(memory, new Map(outputs), sizes.rows);
}

/** The output with the largest |a − b| / (|b| + mean |b|). */
function worstOf(actual: Storage, expected: Storage): { readonly output: string; readonly error: number } {
  const floor = noise * Math.max(0, ...[...expected.values()].map(({ data }) => meanSize(data)));
  let worst = { output: "", error: 0 };
  for (const [output, { data }] of expected) {
    const found = actual.get(output)?.data;
    const scale = Math.max(meanSize(data), floor) || 1e-3;
    data.forEach((value, i) => {
      const other = found?.[i] ?? NaN;
      const error = Object.is(other, value) ? 0 : Math.abs(other - value) / (scale + Math.abs(value));
      if (!(error <= worst.error)) worst = { output, error: Number.isNaN(error) ? Infinity : error };
    });
  }
  return worst;
}

const meanSize = (data: Float64Array): number =>
  data.reduce((sum, value) => sum + Math.abs(value), 0) / (data.length || 1);

/** The result as text; for an error, also the command that skips the stage. */
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
    `  to skip it, unless it is required: tapeless compile ${file} --skip ${stage}`,
    "",
  ].join("\n");
}
