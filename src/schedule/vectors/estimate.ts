/**
 * How long a scheduled kernel should take, by the costs that its tiles were chosen by: what each iteration of each loop loads, stores and
 * computes, with the batch full. `inspect` shows it beside the measured time.
 */
import { children, lanesOf } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import { expressionsOf } from "../../loop/statements.ts";
import type { Kernel, Statement } from "../../loop/types.ts";
import { extentOf } from "./contraction.ts";
import { costs, products } from "./cost-model.ts";
import { accumulationOf } from "./vector-loops.ts";

/** Cycles of a call on a vector; what is not here is an instruction. */
const calls: Partial<Record<FunctionName, number>> = {
  exp: 9,
  expm1: 14,
  log: 12,
  log1p: 16,
  tanh: 14,
  sigmoid: 13,
  erf: 16,
  sin: 18,
  cos: 18,
  power: 40,
  randomUnit: 12,
  sqrt: 3,
};
const division = 3;
const arithmetic = 0.5;

/** What a run of statements does in one iteration. */
interface Work {
  loads: number;
  gathers: number;
  stores: number;
  arithmetic: number;
  /** Products that are added to a sum, and the vectors that they read. */
  sums: number;
  inner: number;
}

export const cyclesOf = ({ body }: Kernel, batchSize: number): number => cyclesOfBlock(body, batchSize);

function cyclesOfBlock(statements: readonly Statement[], batchSize: number): number {
  const work: Work = { loads: 0, gathers: 0, stores: 0, arithmetic: 0, sums: 0, inner: 0 };
  for (const statement of statements) {
    if (statement.kind === "for") {
      work.inner += extentOf(statement, batchSize) * (cyclesOfBlock(statement.body, batchSize) + costs.loop);
      continue;
    }
    if (statement.kind === "store") work.stores += 1;
    const sum = accumulationOf(statement);
    const isProduct = sum?.value.kind === "binary" && sum.value.operator === "*";
    if (isProduct) work.sums += 1;
    for (const x of isProduct ? children(sum.value) : expressionsOf(statement)) count(x, work);
  }
  const sums = work.sums === 0 ? 0 : products(work.sums, 0);
  const moved =
    work.loads * costs.load + work.gathers * costs.loadOfLanes + work.stores * costs.storeOfVector;
  return Math.max(moved, sums + work.arithmetic) + work.inner;
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
  if (x.kind === "call") work.arithmetic += calls[x.name] ?? 1;
  if (x.kind === "sums" || x.kind === "fold") work.arithmetic += costs.fold * 4;
  for (const part of children(x)) count(part, work);
}
