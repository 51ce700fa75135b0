/**
 * Constructors and traversals of statements. A function that rewrites statements returns those that it does not
 * change as they are, because facts about statements are kept by reference.
 */
import type { Dimension } from "../ir/types.ts";
import { mapMembers, sameMembers } from "../util/collections.ts";
import { integer, rewriteExpression, rows, substitute, visit } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import type { For, Let, LoopRole, Provenance, Statement, Store } from "./types.ts";

const extentOf = (dimension: Dimension): Expression => (dimension === "n" ? rows : integer(dimension));

export const loop = (
  variable: string,
  extent: Dimension,
  role: LoopRole,
  body: readonly Statement[],
): For => ({
  kind: "for",
  variable,
  from: integer(0),
  to: extentOf(extent),
  step: 1,
  body,
  role,
});

export const define = (name: string, value: Expression, mutable = false): Let => ({
  kind: "let",
  name,
  value,
  mutable,
});

export const assign = (name: string, value: Expression): Statement => ({ kind: "assign", name, value });

export const store = (buffer: string, at: readonly Expression[], value: Expression): Store => ({
  kind: "store",
  buffer,
  at,
  value,
});

/** The statements with this line of provenance, including inner statements. */
export const attributed = (statements: readonly Statement[], line: Provenance): readonly Statement[] =>
  statements.map((statement) =>
    statement.kind === "for"
      ? { ...statement, body: attributed(statement.body, line) }
      : { ...statement, line },
  );

/** The expressions that a statement itself evaluates, except those in its body. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "for":
      return [statement.from, statement.to];
    case "let":
    case "assign":
      return [statement.value];
    case "store":
      return [...statement.at, statement.value, ...(statement.count ? [statement.count] : [])];
  }
}

/** Calls f for every statement, outer statements before inner ones. */
export function visitStatements(statements: readonly Statement[], f: (statement: Statement) => void): void {
  for (const statement of statements) {
    f(statement);
    if (statement.kind === "for") visitStatements(statement.body, f);
  }
}

/** Calls f for every expression in the statements and for all subexpressions. */
export const visitExpressions = (statements: readonly Statement[], f: (x: Expression) => void): void =>
  visitStatements(statements, (statement) => {
    for (const x of expressionsOf(statement)) visit(x, f);
  });

/** Applies f to the statement's own expressions, but not to subexpressions or to its body. */
export function mapExpressions(statement: Statement, f: (x: Expression) => Expression): Statement {
  switch (statement.kind) {
    case "for": {
      const [from, to] = [f(statement.from), f(statement.to)];
      return from === statement.from && to === statement.to ? statement : { ...statement, from, to };
    }
    case "let":
    case "assign": {
      const value = f(statement.value);
      return value === statement.value ? statement : { ...statement, value };
    }
    case "store": {
      const at = mapMembers(statement.at, f);
      const value = f(statement.value);
      const count = statement.count && f(statement.count);
      const isSame = at === statement.at && value === statement.value && count === statement.count;
      return isSame ? statement : { ...statement, at, value, ...(count && { count }) };
    }
  }
}

/** The loop with another body; the loop itself if both bodies consist of the same statements. */
export const withBody = (loop: For, body: readonly Statement[]): For =>
  sameMembers(body, loop.body) ? loop : { ...loop, body };

/** Rewrites every expression of the statements, operands first. */
export function rewriteExpressions(
  statements: readonly Statement[],
  f: (x: Expression) => Expression,
): readonly Statement[] {
  const deep = (x: Expression): Expression => rewriteExpression(x, f);
  return mapMembers(statements, (statement) => {
    const mapped = mapExpressions(statement, deep);
    return mapped.kind === "for" ? withBody(mapped, rewriteExpressions(mapped.body, f)) : mapped;
  });
}

/** Renames variables wherever the statements define, assign or read them. */
export function renameVariables(
  statements: readonly Statement[],
  names: ReadonlyMap<string, string>,
): readonly Statement[] {
  const named = (name: string) => names.get(name) ?? name;
  const rename = (list: readonly Statement[]): readonly Statement[] =>
    list.map((statement) => {
      if (statement.kind === "for")
        return { ...statement, variable: named(statement.variable), body: rename(statement.body) };
      if (statement.kind === "let" || statement.kind === "assign")
        return { ...statement, name: named(statement.name) };
      return statement;
    });
  const renamed = rewriteExpressions(statements, (x) =>
    x.kind === "variable" && names.has(x.name) ? { ...x, name: named(x.name) } : x,
  );
  return rename(renamed);
}

/** Substitutes expressions for the variables that the statements read. */
export const substituteVariables = (
  statements: readonly Statement[],
  values: ReadonlyMap<string, Expression>,
): readonly Statement[] =>
  mapMembers(statements, (statement) => {
    const mapped = mapExpressions(statement, (x) => substitute(x, values));
    return mapped.kind === "for" ? withBody(mapped, substituteVariables(mapped.body, values)) : mapped;
  });

/** Rewrites every expression, operands first, and then every statement, inner ones first. */
export const mapStatements = (
  statements: readonly Statement[],
  expression: (x: Expression) => Expression,
  statement: (s: Statement) => Statement,
): readonly Statement[] => {
  const walk = (list: readonly Statement[]): readonly Statement[] =>
    mapMembers(list, (s) => statement(s.kind === "for" ? withBody(s, walk(s.body)) : s));
  return walk(rewriteExpressions(statements, expression));
};
