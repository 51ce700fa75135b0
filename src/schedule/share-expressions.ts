/**
 * Purpose   Evaluate an expression that a block repeats once: loads that blocking made equal, parts of formulas.
 * Requires  kernels; pure expressions.
 * Ensures   within a block, an expression of some weight that occurs more than once is a named constant, defined
 *           right before its first use. Occurrences on both sides of a change (a store, an assignment) stay apart.
 *           Branches of a select are left alone.
 * Example   a += x[k] · w[j] ; b += x[k] · w[j + 1]   =>   const x_1 = x[k] ; a += x_1 · w[j] ; b += x_1 · w[j + 1]
 */
import { children, keyOf, mapChildren, variable } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { define, expressionsOf, mapExpressions } from "../loop/statements.ts";
import type { Kernel, Statement } from "../loop/types.ts";
import type { Fresh } from "./hoist.ts";

const isWorthSharing = (x: Expression): boolean =>
  x.kind !== "number" &&
  x.kind !== "variable" &&
  !(x.type === "i32" && x.kind === "binary") &&
  x.type !== "bool";

/** Counts the expressions of a run of statements, branches of selects aside. */
function countExpressions(x: Expression, counts: Map<string, number>): void {
  if (isWorthSharing(x)) {
    const key = keyOf(x);
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    // Parts of a repeated expression repeat with it; only what occurs elsewhere too counts on its own.
    if (before > 0) return;
  }
  const parts = x.kind === "select" ? [x.condition] : children(x);
  for (const part of parts) countExpressions(part, counts);
}

const baseName = (x: Expression): string => (x.kind === "load" ? x.buffer : x.kind === "call" ? x.name : "t");

/** A run of statements without loops in which no statement changes what another reads. */
function shareRun(run: readonly Statement[], fresh: Fresh): Statement[] {
  const counts = new Map<string, number>();
  for (const statement of run) for (const x of expressionsOf(statement)) countExpressions(x, counts);
  const named = new Map<string, Expression>();
  return run.flatMap((statement) => {
    const before: Statement[] = [];
    const share = (x: Expression): Expression => {
      const key = isWorthSharing(x) && keyOf(x);
      if (key !== false && (counts.get(key) ?? 0) > 1) {
        const known = named.get(key);
        if (known !== undefined) return known;
        const value = shareParts(x);
        const name = fresh(baseName(x));
        before.push(define(name, value));
        const result = variable(name, x.type);
        named.set(key, result);
        return result;
      }
      return shareParts(x);
    };
    const shareParts = (x: Expression): Expression =>
      x.kind === "select" ? { ...x, condition: share(x.condition) } : mapChildren(x, share);
    const mapped = mapExpressions(statement, share);
    return [...before, mapped];
  });
}

/** Whether the statement changes something that expressions of later ones may read. */
const changes = (statement: Statement, later: readonly Statement[]): boolean => {
  if (statement.kind === "let") return false;
  const reads = (x: Expression): boolean => {
    if (statement.kind === "store" && x.kind === "load" && x.buffer === statement.buffer) return true;
    if (statement.kind === "assign" && x.kind === "variable" && x.name === statement.name) return true;
    return children(x).some(reads);
  };
  return later.some((other) => other !== statement && expressionsOf(other).some(reads));
};

export function shareBlock(statements: readonly Statement[], fresh: Fresh): readonly Statement[] {
  const result: Statement[] = [];
  let run: Statement[] = [];
  const close = () => {
    result.push(...shareRun(run, fresh));
    run = [];
  };
  statements.forEach((statement, position) => {
    if (statement.kind === "for") {
      close();
      result.push({ ...statement, body: shareBlock(statement.body, fresh) });
      return;
    }
    run.push(statement);
    if (
      changes(
        statement,
        statements.slice(position + 1).filter(({ kind }) => kind !== "for"),
      )
    )
      close();
  });
  close();
  return result;
}

export const shareExpressions = (kernel: Kernel, fresh: Fresh): Kernel => ({
  ...kernel,
  body: shareBlock(kernel.body, fresh),
});
