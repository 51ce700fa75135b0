/**
 * How long a scheduled kernel should take, by the costs that its tiles were chosen by: what each iteration of
 * each loop loads, stores and computes, with the batch full. `inspect` shows it beside the measured time.
 */
import { children, isCall, lanesOf } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import { expressionsOf } from "../../loop/statements.ts";
import type { Kernel, Statement } from "../../loop/types.ts";
import { extentOf } from "./contraction.ts";
import { costs, products } from "./cost-model.ts";
import { accumulationOf } from "./vector-loops.ts";

/** Cycles of a call on a vector of f32, with what its caller puts aside for it, as measured. */
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
/** Of one that is not measured: about what the others take. */
const unmeasuredCall = 25;
/** Of the same of a double: each lane is a call of JavaScript. */
const callOfDouble = 50;
/** Where no function is called; other instructions take one. */
const inline: Partial<Record<FunctionName, number>> = { randomUnit: 12, randomKey: 1, sqrt: 3 };
const division = 3;
const arithmetic = 0.5;
/** To begin a loop and to leave it, as the processor mostly guesses wrong when: what makes short loops dear. */
const entering = 4;
/** To bring the lanes of one vector together: each of the steps waits for the one before. */
const foldAlone = 12;
/**
 * So many sums wait for one another; fewer leave the time that an addition takes to the iterations of loops
 * around them.
 */
const waitingSums = 4;

/** What a run of statements does in one iteration. */
interface Work {
  loads: number;
  gathers: number;
  stores: number;
  arithmetic: number;
  /** Products that are added to a sum, and the vectors that they read. */
  sums: number;
}

export const cyclesOf = ({ body }: Kernel, batchSize: number): number => cyclesOfBlock(body)(batchSize);

/** The same as a function of the batch size: the statements are read once. */
export const cyclesByBatch = ({ body }: Kernel): ((batchSize: number) => number) => cyclesOfBlock(body);

function cyclesOfBlock(statements: readonly Statement[]): (batchSize: number) => number {
  const work: Work = { loads: 0, gathers: 0, stores: 0, arithmetic: 0, sums: 0 };
  const loops: ((batchSize: number) => number)[] = [];
  for (const statement of statements) {
    if (statement.kind === "for") {
      const iteration = cyclesOfBlock(statement.body);
      loops.push((rows) => extentOf(statement, rows) * (iteration(rows) + costs.loop) + entering);
      continue;
    }
    if (statement.kind === "store") work.stores += 1;
    const sum = accumulationOf(statement);
    const isProduct = sum?.value.kind === "binary" && sum.value.operator === "*";
    if (isProduct) work.sums += 1;
    for (const x of isProduct ? children(sum.value) : expressionsOf(statement)) count(x, work);
  }
  const sums = work.sums < waitingSums ? 2 * arithmetic * work.sums : products(work.sums, 0);
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
  if (x.kind === "fold") work.arithmetic += foldAlone;
  for (const part of children(x)) count(part, work);
}
