/**
 * Purpose   Estimate the number of cycles of each kernel. `inspect` shows the estimate next to the measured
 *           time.
 * Requires  kernels with one index per axis.
 * Ensures   the same loops. The estimate uses the cost model that chooses tiles. It counts the loads, stores
 *           and operations of each loop iteration, for a full batch.
 * Example   for i<8: y[i] = x[i]   =>   the same loop, estimated at 8 · (load, store, step) cycles
 */
import { children, isCall, lanesOf } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import { expressionsOf } from "../../loop/statements.ts";
import type { Kernel, Statement } from "../../loop/types.ts";
import { defineRequiredKernelStage } from "../../stages/loops.ts";
import { extentOf } from "./contraction.ts";
import { costs, products } from "./cost-model.ts";
import { accumulationOf } from "./vector-loops.ts";

/** Measured cycles of a call with a vector of f32, including the time in which the caller saves registers. */
const calls: Partial<Record<FunctionName, number>> = {
  exp: 14,
  expm1: 20,
  log: 18,
  log1p: 24,
  tanh: 21,
  sigmoid: 20,
  erf: 25,
  sin: 18,
  cos: 18,
  power: 40,
};
/**
 * The assumed number of cycles of a function that was not measured, which is typical of the measured
 * functions.
 */
const unmeasuredCall = 25;
/** The cycles of a call with doubles, per lane: each lane calls a JavaScript function. */
const callOfDouble = 50;
/** Cycles of the random functions and of slow instructions. All other instructions take 1 cycle. */
const inline: Partial<Record<FunctionName, number>> = { randomUnit: 12, randomKey: 1, sqrt: 3 };
const division = 3;
const arithmetic = 0.5;
/** The cost of entering and leaving a loop, mostly a mispredicted branch. It makes short loops expensive. */
const loopEntry = 4;
/** The horizontal reduction of one vector, in which each step waits for the previous one. */
const singleReduction = 12;
/**
 * This many independent sums hide the latency of an addition. With fewer sums, iterations of enclosing loops
 * overlap and hide the latency.
 */
const sumsToHideLatency = 4;

export const estimateCycles = defineRequiredKernelStage("estimate-cycles", (kernel, { batchSize }) => ({
  ...kernel,
  cycles: Math.round(cyclesOf(kernel, batchSize)),
}));

/** The work of one run of statements. */
interface Work {
  loads: number;
  gathers: number;
  stores: number;
  arithmetic: number;
  /** The number of products that are added to a sum. */
  sums: number;
}

export const cyclesOf = ({ body }: Kernel, batchSize: number): number => cyclesOfBlock(body)(batchSize);

/** The estimate as a function of the batch size. The statements are analysed only once. */
export const cyclesByBatch = ({ body }: Kernel): ((batchSize: number) => number) => cyclesOfBlock(body);

function cyclesOfBlock(statements: readonly Statement[]): (batchSize: number) => number {
  const work: Work = { loads: 0, gathers: 0, stores: 0, arithmetic: 0, sums: 0 };
  const loops: ((batchSize: number) => number)[] = [];
  for (const statement of statements) {
    if (statement.kind === "for") {
      const iteration = cyclesOfBlock(statement.body);
      loops.push((rows) => extentOf(statement, rows) * (iteration(rows) + costs.loop) + loopEntry);
      continue;
    }
    if (statement.kind === "store") work.stores += 1;
    const sum = accumulationOf(statement);
    const isProduct = sum?.value.kind === "binary" && sum.value.operator === "*";
    if (isProduct) work.sums += 1;
    for (const x of isProduct ? children(sum.value) : expressionsOf(statement)) count(x, work);
  }
  const sums = work.sums < sumsToHideLatency ? 2 * arithmetic * work.sums : products(work.sums, 0);
  const moved =
    work.loads * costs.load + work.gathers * costs.loadOfLanes + work.stores * costs.storeOfVector;
  const own = Math.max(moved, sums + work.arithmetic);
  return (rows) => own + loops.reduce((inner, cycles) => inner + cycles(rows), 0);
}

function cyclesOfCall(x: Extract<Expression, { kind: "call" }>): number {
  const own = inline[x.name] ?? (isCall(x) ? undefined : 1);
  if (own !== undefined) return own;
  return x.type === "f64" ? callOfDouble * lanesOf(x) : (calls[x.name] ?? unmeasuredCall);
}

function count(x: Expression, work: Work): void {
  if (x.type === "i32" && lanesOf(x) === 1 && x.kind !== "load") return;
  if (x.kind === "load") {
    if (x.stride === undefined) work.loads += 1;
    else work.gathers += 1;
    return;
  }
  if (x.kind === "binary") work.arithmetic += x.operator === "/" ? division : arithmetic;
  if (x.kind === "select" || x.kind === "negate" || x.kind === "convert") work.arithmetic += arithmetic;
  if (x.kind === "call") work.arithmetic += cyclesOfCall(x);
  if (x.kind === "sums") work.arithmetic += costs.fold * 4;
  if (x.kind === "fold") work.arithmetic += singleReduction;
  for (const part of children(x)) count(part, work);
}
