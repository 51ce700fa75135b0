/**
 * Purpose   Common-subexpression elimination: evaluate an expression only once if it is needed several times.
 *           Examples are loads that blocking made equal, parts of formulas, and values that an outer block
 *           has already computed.
 * Requires  kernels; pure expressions.
 * Ensures   a non-trivial expression that a block evaluates twice becomes a named constant, defined directly
 *           before its first use. If an enclosing block or an earlier statement has already named an
 *           expression, the block reads that name. A store or an assignment invalidates the names of
 *           expressions that it changes. Branches of a select may read names, but do not cause new ones.
 * Example   a += x[k] · w[j] ; b += x[k] · w[j + 1]
 *           =>   const x0 = x[k] ; a += x0 · w[j] ; b += x0 · w[j + 1]
 */
import {
  children,
  isConstantSplat,
  keyOf,
  lanesOf,
  mapChildren,
  variableOf,
  visit,
} from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { isFloat } from "../ir/types.ts";
import { accessesOf, intersects } from "../loop/accesses.ts";
import { define, expressionsOf, mapExpressions, visitStatements, withBody } from "../loop/statements.ts";
import type { Statement } from "../loop/types.ts";
import { defineKernelStage } from "../stages/loops.ts";
import type { Fresh } from "../stages/loops.ts";

/**
 * Whether the expression only converts a variable to a real number, which is cheap: it takes one instruction
 * in WebAssembly and none in TypeScript, whose numbers are doubles.
 */
const isRealVariable = (x: Expression): boolean =>
  x.kind === "convert" && isFloat(x.type) && (x.x.kind === "variable" || isRealVariable(x.x));

/** The name of the variable, if the expression is a variable or its conversion to a real number. */
const variableIn = (x: Expression): string | undefined =>
  x.kind === "variable" ? x.name : isRealVariable(x) && x.kind === "convert" ? variableIn(x.x) : undefined;

const isWorthSharing = (x: Expression): boolean =>
  x.kind !== "number" &&
  x.kind !== "variable" &&
  !isRealVariable(x) &&
  !(x.type === "i32" && x.kind === "binary") &&
  !(x.type === "bool" && lanesOf(x) === 1) &&
  !isConstantSplat(x);

const baseName = (x: Expression): string => (x.kind === "load" ? x.buffer : x.kind === "call" ? x.name : "t");

/** The buffers that statements store and the variables that they assign, including those in inner loops. */
interface Changes {
  readonly buffers: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
}

function changesOf(statements: readonly Statement[]): Changes {
  const buffers = new Set<string>();
  const variables = new Set<string>();
  visitStatements(statements, (s) => {
    if (s.kind === "store") buffers.add(s.buffer);
    if (s.kind === "assign") variables.add(s.name);
    if (s.kind === "for") variables.add(s.variable);
  });
  return { buffers, variables };
}

const isChanged = (x: Expression, { buffers, variables }: Changes): boolean => {
  let changed = false;
  visit(x, (part) => {
    if (part.kind === "load" && buffers.has(part.buffer)) changed = true;
    if (part.kind === "variable" && variables.has(part.name)) changed = true;
  });
  return changed;
};

/** The expressions that have a name at the current statement. */
class NamedExpressions {
  private readonly entries: Map<string, { readonly x: Expression; readonly name: Expression }>;
  constructor(entries: NamedExpressions["entries"] = new Map()) {
    this.entries = new Map(entries);
  }
  inside(changes: Changes): NamedExpressions {
    const inner = new NamedExpressions(this.entries);
    inner.forget(changes);
    return inner;
  }
  nameOf(x: Expression): Expression | undefined {
    return this.entries.get(keyOf(x))?.name;
  }
  learn(x: Expression, name: Expression): void {
    this.entries.set(keyOf(x), { x, name });
  }
  forget(changes: Changes): void {
    for (const [key, { x, name }] of this.entries)
      if (isChanged(x, changes) || isChanged(name, changes)) this.entries.delete(key);
  }
}

/** Counts x and its subexpressions. If x was counted before, only x itself is counted again. */
function countExpressions(x: Expression, counts: Map<string, number>): void {
  if (isWorthSharing(x)) {
    const key = keyOf(x);
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    if (before > 0) return;
  }
  for (const part of x.kind === "select" ? [x.condition] : children(x)) countExpressions(part, counts);
}

/**
 * Counts how often each expression is evaluated, from `start` until a statement changes a value that the
 * remaining statements read.
 */
function countsAhead(statements: readonly Statement[], start: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const statement of statements.slice(start)) {
    for (const x of expressionsOf(statement)) countExpressions(x, counts);
    if (statement.kind !== "let" && !isHarmless(statement, statements.slice(start))) break;
  }
  return counts;
}

/** Whether a statement changes nothing that the other statements of the run read. */
function isHarmless(statement: Statement, run: readonly Statement[]): boolean {
  const { stored, assigns } = accessesOf([statement]);
  return !run.some((other) => {
    if (other === statement) return false;
    const { loaded, reads } = accessesOf([other]);
    return intersects(stored, loaded) || (statement.kind !== "let" && intersects(assigns, reads));
  });
}

/** The position of the last statement that assigns each variable, directly or in an inner loop. */
function lastAssignments(statements: readonly Statement[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  statements.forEach((statement, position) => {
    for (const name of changesOf([statement]).variables) last.set(name, position);
  });
  return last;
}

function shareBlock(
  statements: readonly Statement[],
  outer: NamedExpressions,
  fresh: Fresh,
): readonly Statement[] {
  const known = outer.inside({ buffers: new Set(), variables: new Set() });
  const aliases = new Map<string, Expression>();
  const result: Statement[] = [];
  let counts = countsAhead(statements, 0);
  const assignedUntil = lastAssignments(statements);

  const share = (x: Expression): Expression => {
    if (x.kind === "variable") return aliases.get(x.name) ?? x;
    if (!isWorthSharing(x)) return shareParts(x);
    const before = known.nameOf(x);
    if (before !== undefined) return before;
    const value = shareParts(x);
    const renamed = known.nameOf(value);
    if (renamed !== undefined) return renamed;
    if (isRealVariable(value)) return value;
    if ((counts.get(keyOf(x)) ?? 0) < 2) return value;
    const name = fresh(baseName(x));
    const made = variableOf(name, x);
    result.push(define(name, value));
    known.learn(x, made);
    known.learn(value, made);
    return made;
  };
  const shareParts = (x: Expression): Expression => {
    if (x.kind !== "select") return mapChildren(x, share);
    const [condition, whenTrue, whenFalse] = [share(x.condition), renameOnly(x.x), renameOnly(x.y)];
    const isSame = condition === x.condition && whenTrue === x.x && whenFalse === x.y;
    return isSame ? x : { ...x, condition, x: whenTrue, y: whenFalse };
  };
  /**
   * An expression in a branch must not be evaluated in advance, but a branch may read expressions that
   * already have a name.
   */
  const renameOnly = (x: Expression): Expression => {
    if (x.kind === "variable") return aliases.get(x.name) ?? x;
    return known.nameOf(x) ?? mapChildren(x, renameOnly);
  };

  statements.forEach((statement, position) => {
    if (statement.kind === "for") {
      const changes = changesOf([statement]);
      known.forget(changes);
      const bounds = { from: share(statement.from), to: share(statement.to) };
      const body = shareBlock(substituteAliases(statement.body, aliases), known, fresh);
      const isBounded = bounds.from === statement.from && bounds.to === statement.to;
      result.push(withBody(isBounded ? statement : { ...statement, ...bounds }, body));
      counts = countsAhead(statements, position + 1);
      return;
    }
    const mapped = mapExpressions(statement, share);
    if (mapped.kind === "let" && !mapped.mutable) {
      const original = variableIn(mapped.value);
      if (original !== undefined && (assignedUntil.get(original) ?? -1) < position) {
        aliases.set(mapped.name, mapped.value);
        return;
      }
      if (isWorthSharing(mapped.value)) known.learn(mapped.value, variableOf(mapped.name, mapped.value));
    }
    result.push(mapped);
    if (mapped.kind !== "let") {
      known.forget(changesOf([mapped]));
      if (!isHarmless(statement, statements.slice(position))) counts = countsAhead(statements, position + 1);
    }
  });
  return result;
}

const substituteAliases = (
  statements: readonly Statement[],
  aliases: ReadonlyMap<string, Expression>,
): readonly Statement[] => {
  if (aliases.size === 0) return statements;
  const replace = (x: Expression): Expression =>
    x.kind === "variable" ? (aliases.get(x.name) ?? x) : mapChildren(x, replace);
  return statements.map((statement) => {
    const mapped = mapExpressions(statement, replace);
    return mapped.kind === "for" ? withBody(mapped, substituteAliases(mapped.body, aliases)) : mapped;
  });
};

export const eliminateCommonSubexpressions = defineKernelStage(
  "eliminate-common-subexpressions",
  (kernel, { fresh }) => ({
    ...kernel,
    body: shareBlock(kernel.body, new NamedExpressions(), fresh),
  }),
);
