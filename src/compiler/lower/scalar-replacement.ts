/**
 * Purpose   Scalar replacement: keep values in local variables. A load that follows a store of the same
 *           element is replaced by the stored value. A temporary that is then never loaded loses its buffer.
 * Requires  fused nests, one index per axis.
 * Ensures   every temporary that is stored is also loaded.
 * Example   t[i] = x[i] + 1 ; y[i] = t[i] · t[i]   =>   const t = x[i] + 1 ; y[i] = t · t
 */
import { children, keyOf, rewriteExpression, variable } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { define, expressionsOf, mapExpressions, visitExpressions, withBody } from "../loop/statements.ts";
import type { Let, Statement } from "../loop/types.ts";
import { defineStage } from "../stages/define.ts";
import { flat, freshInNests, nestsOfLoops } from "./nests.ts";
import type { Nests } from "./nests.ts";

/** A string that identifies the accessed element. */
const elementKey = (buffer: string, at: readonly Expression[]): string =>
  `${buffer}[${at.map(keyOf).join()}]`;

interface Context {
  readonly fresh: (base: string) => string;
  /** Whether only one statement of the kernel stores the buffer. */
  readonly storedOnce: (buffer: string) => boolean;
}

/**
 * Replaces loads of an element with the variable that contains its value, from the store of the element to
 * the end of the block.
 */
function forwardBlock(
  statements: readonly Statement[],
  outer: ReadonlyMap<string, Expression>,
  context: Context,
): Statement[] {
  const values = new Map(outer);
  const result: Statement[] = [];
  const replaceLoad = (x: Expression): Expression =>
    x.kind === "load" ? (values.get(elementKey(x.buffer, x.at)) ?? x) : x;
  for (const statement of statements) {
    const current = mapExpressions(statement, (x) => rewriteExpression(x, replaceLoad));
    if (current.kind === "for") {
      result.push(withBody(current, forwardBlock(current.body, values, context)));
    } else if (current.kind === "store" && context.storedOnce(current.buffer)) {
      const { value } = current;
      const name = value.kind === "variable" ? value.name : context.fresh(current.buffer);
      // The value may be a mutable accumulator. At its store it is complete, so it can replace the element.
      const held = variable(name, value.type);
      if (value.kind === "variable") result.push(current);
      else result.push({ ...define(name, value), line: current.line }, { ...current, value: held });
      values.set(elementKey(current.buffer, current.at), held);
    } else result.push(current);
  }
  return result;
}

const countStores = (statements: readonly Statement[], counts: Map<string, number>): void => {
  for (const statement of statements) {
    if (statement.kind === "store") counts.set(statement.buffer, (counts.get(statement.buffer) ?? 0) + 1);
    if (statement.kind === "for") countStores(statement.body, counts);
  }
};

/**
 * Inlines each value that is read only once into the expression that reads it. This keeps the code short.
 */
function inlineSingleUses(statements: readonly Statement[]): readonly Statement[] {
  const uses = new Map<string, number>();
  visitExpressions(statements, (x) => {
    if (x.kind === "variable") uses.set(x.name, (uses.get(x.name) ?? 0) + 1);
  });
  return inlineBlock(statements, uses);
}

function inlineBlock(
  statements: readonly Statement[],
  uses: ReadonlyMap<string, number>,
): readonly Statement[] {
  const result: Statement[] = [];
  let pending: Let | undefined;
  const flush = () => {
    if (pending !== undefined) result.push(pending);
    pending = undefined;
  };
  for (const statement of sinkStoredValues(statements, uses)) {
    let current = statement;
    if (pending !== undefined) {
      // Only the next statement may inline the value, because a later one might see changed operands.
      const { name, value } = pending;
      let found = false;
      const inlined =
        current.kind === "for"
          ? current
          : mapExpressions(current, (x) => substituteOnce(x, name, value, () => (found = true)));
      if (found && expressionsOf(inlined).every((x) => depthOf(x) <= maxDepth)) {
        current = inlined;
        pending = undefined;
      } else flush();
    }
    if (current.kind === "let" && !current.mutable && uses.get(current.name) === 1) {
      pending = current;
    } else if (current.kind === "for") result.push(withBody(current, inlineBlock(current.body, uses)));
    else result.push(current);
  }
  flush();
  return result;
}

/**
 * Moves each value whose only use is a store down to that store, past statements that do not change its
 * operands. For example, the new value of a state is stored at the end of a block, after the last read of the
 * old value.
 */
function sinkStoredValues(
  statements: readonly Statement[],
  uses: ReadonlyMap<string, number>,
): readonly Statement[] {
  const result: Statement[] = [];
  for (const statement of statements) {
    if (statement.kind === "store" && statement.value.kind === "variable") {
      const { name } = statement.value;
      const at = result.findLastIndex((other) => other.kind === "let" && other.name === name);
      const found = result[at];
      if (
        found?.kind === "let" &&
        uses.get(name) === 1 &&
        result.slice(at + 1).every((x) => keeps(x, found.value))
      ) {
        result.splice(at, 1);
        result.push(found);
      }
    }
    result.push(statement);
  }
  return result;
}

/** Whether the value is the same before and after the statement. */
function keeps(statement: Statement, value: Expression): boolean {
  if (statement.kind === "let") return true;
  if (statement.kind !== "store") return false;
  let isKept = true;
  visitExpressions([define("", value)], (x) => {
    if (x.kind === "load" && x.buffer === statement.buffer) isKept = false;
  });
  return isKept;
}

/** The maximum depth of an expression. Deeper expressions are unreadable. */
const maxDepth = 100;

const depthOf = (x: Expression): number => 1 + Math.max(0, ...children(x).map(depthOf));

const substituteOnce = (x: Expression, name: string, value: Expression, found: () => void): Expression =>
  rewriteExpression(x, (part) => {
    if (part.kind !== "variable" || part.name !== name) return part;
    found();
    return value;
  });

function forwarded(given: Nests): Nests {
  const { storage } = given;
  const flattened = given.nests.map(flat);
  const fresh = freshInNests(flattened);
  const nests = flattened.map((nest) => {
    const counts = new Map<string, number>();
    countStores(nest.statements, counts);
    const storedOnce = (buffer: string) => counts.get(buffer) === 1;
    return { ...nest, statements: forwardBlock(nest.statements, new Map(), { fresh, storedOnce }) };
  });
  const loaded = new Set<string>();
  for (const { statements } of nests)
    visitExpressions(statements, (x) => x.kind === "load" && loaded.add(x.buffer));
  const isUseless = (statement: Statement) =>
    statement.kind === "store" && !storage.has(statement.buffer) && !loaded.has(statement.buffer);
  const prune = (statements: readonly Statement[]): Statement[] =>
    statements.flatMap((statement) => {
      if (isUseless(statement)) return [];
      return [statement.kind === "for" ? withBody(statement, prune(statement.body)) : statement];
    });
  return {
    ...given,
    nests: nests.map((nest) => ({ ...nest, statements: inlineSingleUses(prune(nest.statements)) })),
  };
}

export const scalarReplacement = defineStage("scalar-replacement", nestsOfLoops, { each: forwarded });
