/** About how many instructions statements take: what is worth a thread, and which part of a kernel is the main one. */
import { children, isCall, rowsVariable } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { expressionsOf } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";

/** Instructions of an elementary function. */
const callCost = 30;

const costOf = (x: Expression): number => {
  const own = x.kind === "number" || x.kind === "variable" ? 0 : isCall(x) ? callCost : 1;
  return children(x).reduce((sum, child) => sum + costOf(child), own);
};

/** The number that a bound is for a full batch, if only rows and numbers make it. */
function boundOf(x: Expression, batchSize: number): number | undefined {
  if (x.kind === "number") return x.value;
  if (x.kind === "variable") return x.name === rowsVariable ? batchSize : undefined;
  if (x.kind !== "binary") return undefined;
  const [a, b] = [boundOf(x.x, batchSize), boundOf(x.y, batchSize)];
  if (a === undefined || b === undefined) return undefined;
  if (x.operator === "+") return a + b;
  if (x.operator === "-") return a - b;
  if (x.operator === "*") return a * b;
  if (x.operator === "remainder") return a % b;
  return x.operator === "quotient" ? Math.trunc(a / b) : undefined;
}

const iterationsOf = ({ from, to, step }: For, batchSize: number): number => {
  const [first, last] = [boundOf(from, batchSize) ?? 0, boundOf(to, batchSize) ?? batchSize];
  return Math.max(0, Math.ceil((last - first) / step));
};

/** For a full batch. */
export const workOf = (statements: readonly Statement[], batchSize: number): number =>
  statements.reduce((sum, s) => {
    if (s.kind === "for") return sum + iterationsOf(s, batchSize) * (1 + workOf(s.body, batchSize));
    return sum + expressionsOf(s).reduce((own, x) => own + costOf(x), 1);
  }, 0);
