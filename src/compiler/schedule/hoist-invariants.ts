/**
 * Purpose   Loop-invariant code motion: evaluate an expression before a loop if the loop does not change its
 *           value.
 * Requires  kernels; pure expressions.
 * Ensures   an expression whose operands the loop does not change is evaluated once, before the loop, and
 *           gets a name. Branches of a select are unchanged, because their loads may be safe only under the
 *           condition.
 * Example   for i: y[i] = x[i] / sqrt(v)   =>   const c = sqrt(v) ; for i: y[i] = x[i] / c
 */
import { children, keyOf, isConstantSplat, mapChildren, variableOf } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { define, mapExpressions, visitStatements, withBody } from "../loop/statements.ts";
import type { For, Statement } from "../loop/types.ts";
import { defineKernelStage } from "../stages/loops.ts";
import type { Fresh } from "../stages/loops.ts";

interface Changes {
  readonly variables: ReadonlySet<string>;
  readonly buffers: ReadonlySet<string>;
}

function changesIn(loop: For): Changes {
  const variables = new Set([loop.variable]);
  const buffers = new Set<string>();
  visitStatements(loop.body, (s) => {
    if (s.kind === "for") variables.add(s.variable);
    if (s.kind === "let" || s.kind === "assign") variables.add(s.name);
    if (s.kind === "store") buffers.add(s.buffer);
  });
  return { variables, buffers };
}

const isInvariant = (x: Expression, changes: Changes): boolean => {
  if (x.kind === "variable") return !changes.variables.has(x.name);
  if (x.kind === "load" && changes.buffers.has(x.buffer)) return false;
  return children(x).every((child) => isInvariant(child, changes));
};

/**
 * Whether an expression deserves a name. Numbers and variables do not, and neither does index arithmetic,
 * because `compute-addresses` hoists addresses.
 */
const isWorthNaming = (x: Expression): boolean =>
  x.kind !== "number" &&
  x.kind !== "variable" &&
  !isConstantSplat(x) &&
  !(x.type === "i32" && x.kind !== "load" && x.kind !== "call");

const baseName = (x: Expression): string => {
  if (x.kind === "load") return x.buffer;
  if (x.kind === "call") return x.name === "randomKey" ? "key" : x.name;
  return x.kind === "binary" && x.operator === "/" ? "ratio" : "factor";
};

function hoistFrom(loop: For, fresh: Fresh): readonly Statement[] {
  const body = hoistBlock(loop.body, fresh);
  const current = withBody(loop, body);
  const changes = changesIn(current);
  const names = new Map<string, Expression>();
  const before: Statement[] = [];
  const hoist = (x: Expression): Expression => {
    if (isWorthNaming(x) && isInvariant(x, changes)) {
      const key = keyOf(x);
      const known = names.get(key);
      if (known !== undefined) return known;
      const name = fresh(baseName(x));
      before.push(define(name, x));
      const named = variableOf(name, x);
      names.set(key, named);
      return named;
    }
    if (x.kind === "select") {
      const condition = hoist(x.condition);
      return condition === x.condition ? x : { ...x, condition };
    }
    return mapChildren(x, hoist);
  };
  const rewrite = (statements: readonly Statement[]): readonly Statement[] =>
    statements.map((statement) => {
      const mapped = mapExpressions(statement, hoist);
      return mapped.kind === "for" ? withBody(mapped, rewrite(mapped.body)) : mapped;
    });
  const rewritten = rewrite(body);
  return [...before, withBody(current, rewritten)];
}

const hoistBlock = (statements: readonly Statement[], fresh: Fresh): readonly Statement[] =>
  statements.flatMap((statement) => (statement.kind === "for" ? hoistFrom(statement, fresh) : [statement]));

export const hoistInvariants = defineKernelStage("hoist-invariants", (kernel, { fresh }) => ({
  ...kernel,
  body: hoistBlock(kernel.body, fresh),
}));
