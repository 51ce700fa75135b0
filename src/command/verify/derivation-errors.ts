/**
 * Finds the stage of the derivation that introduces an error. These stages change the results of programs on
 * purpose, so they cannot be compared with an earlier graph. Instead, the results must meet two conditions:
 *
 * - `differentiate` must not change the loss, and its gradients must agree with central differences along a
 *   random direction v:  Σ ∂L/∂p · v ≈ (L(p + h·v) − L(p − h·v)) / 2h
 * - After each later stage, a step on one batch must produce the same loss and gradients as after
 *   `differentiate`. This holds because a group of one batch equals that batch, and because averaged weights
 *   start as the parameters.
 */
import type { Graph } from "../../compiler/ir/nodes.ts";
import { lossStorage, nameIn } from "../../compiler/ir/storage.ts";
import type { Storage } from "../../compiler/reference/interpret.ts";
import type { ProgramMemory } from "../../compiler/reference/program-memory.ts";
import { isLoopProgram } from "../../compiler/stages/define.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { normalNumber, randomKey, randomStream } from "../../runtime/numbers/random.ts";
import { lossWithStopsHeld } from "./checked-loss.ts";
import { worstError } from "./random-memory.ts";

/** A stage whose result differs, with the program, the output and the size of the difference. */
export interface StageDifference {
  readonly stage: string;
  readonly list: string;
  readonly program: string;
  /** The storage with the largest relative error, or the message of an error in the interpreter. */
  readonly output: string;
  readonly error: number;
}

/** The first stage with an error, if any. `start` creates the storage before a step. */
export function derivationError(
  reports: readonly StageReport[],
  start: () => ProgramMemory,
  tolerance: number,
): StageDifference | undefined {
  const [first, ...others] = stepsOf(reports);
  const training = first.before.get("gradient");
  const derived = first.after.get("gradient");
  if (training === undefined || derived === undefined) return undefined;
  const differenceIn = (
    stage: string,
    found: { readonly output: string; readonly error: number },
  ): StageDifference => ({
    stage,
    list: "derivation",
    program: "gradient",
    ...found,
  });

  const memory = start();
  const before = memory.read();
  const values = memory.run(derived);
  const kept = worstError(values, start().run(training));
  if (!(kept.error <= tolerance)) return differenceIn(first.stage, kept);
  const slope = slopeError(training, before, values, memory.rows);
  if (!(slope <= slopeTolerance)) return differenceIn(first.stage, { output: "gradients", error: slope });

  const expected = new Map([...values].filter(([storage]) => isLossOrGradient(storage)));
  for (const { stage, after } of others) {
    const found = worstError(afterStep(after, start()), expected);
    if (!(found.error <= tolerance)) return differenceIn(stage, found);
  }
  return undefined;
}

const isLossOrGradient = (storage: string): boolean =>
  storage === lossStorage || nameIn("gradient", storage) !== undefined;

type Graphs = ReadonlyMap<string, Graph>;

interface Step {
  readonly stage: string;
  readonly before: Graphs;
  readonly after: Graphs;
}

/** The graphs of all programs before and after each stage. */
function stepsOf(reports: readonly StageReport[]): Step[] {
  const graphsOf = (own: readonly StageReport[], side: "before" | "after"): Graphs =>
    new Map(
      own.flatMap((report) => {
        const graph = report[side];
        return isLoopProgram(graph) ? [] : [[graph.name, graph] as const];
      }),
    );
  return [...new Set(reports.map(({ stage }) => stage))].map((stage) => {
    const own = reports.filter((report) => report.stage === stage);
    return { stage, before: graphsOf(own, "before"), after: graphsOf(own, "after") };
  });
}

/** Runs the programs of a step up to the gradients, and returns the storage. */
function afterStep(graphs: Graphs, memory: ProgramMemory): Storage {
  for (const name of ["begin", "measure", "gradient"]) {
    const graph = graphs.get(name);
    if (graph !== undefined) memory.run(graph);
  }
  return memory.read();
}

/** The maximum relative error of central differences in f64, at the best of the widths below. */
const slopeTolerance = 1e-5;
/** Several widths are tried, because a kink may be near. The smallest error counts. */
const widths = [2 ** -10, 2 ** -14, 2 ** -18, 2 ** -22];

/**
 * The error of the gradients in comparison with central differences along a random direction. It is relative
 * to the size of the gradients.
 */
function slopeError(training: Graph, before: Storage, values: Storage, rows: number): number {
  const random = randomStream(randomKey(1, 0, 2));
  const loss = lossWithStopsHeld(training, before, rows);
  const directions = new Map(
    [...values].flatMap(([storage, { data }]) => {
      const parameter = nameIn("gradient", storage);
      return parameter === undefined
        ? []
        : [[parameter, { data: data.map(() => normalNumber(random)), gradient: data }]];
    }),
  );
  let slope = 0;
  let size = 0;
  for (const { data, gradient } of directions.values())
    data.forEach((v, i) => {
      slope += gradient[i] * v;
      size += Math.abs(gradient[i] * v);
    });
  const at = (h: number): number =>
    loss(
      new Map(
        [...before].map(([name, { shape, data }]) => {
          const v = directions.get(name)?.data;
          return [
            name,
            v === undefined ? { shape, data } : { shape, data: data.map((x, i) => x + h * v[i]) },
          ];
        }),
      ),
    );
  const errors = widths.map((h) => Math.abs((at(h) - at(-h)) / (2 * h) - slope) / Math.max(size, 1e-3));
  return Math.min(...errors);
}
