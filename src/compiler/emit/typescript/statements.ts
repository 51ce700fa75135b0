/** Statements of the loop IR as TypeScript. */
import type { LineOrigin } from "../emitted-file.ts";
import type { Expression } from "../../loop/expressions.ts";
import type { Statement } from "../../loop/types.ts";
import { expressionText, numberText, readText } from "./expressions.ts";
import type { Scope } from "./expressions.ts";
import type { MarkingWriter } from "./line-origins.ts";

type Store = Extract<Statement, { readonly kind: "store" }>;

/** Whether `x = x ± e` has the short form `x += e` or `x -= e`. */
const isSum = (value: Expression): value is Extract<Expression, { readonly kind: "binary" }> =>
  value.kind === "binary" && (value.operator === "+" || value.operator === "-");

/** The text of an assignment. `x = x + e` becomes `x += e`. */
export function assignmentText(name: string, value: Expression, scope: Scope): string {
  const isSelf = (x: Expression) => x.kind === "variable" && scope.nameOf(x.name) === name;
  if (isSum(value) && isSelf(value.x)) return `${name} ${value.operator}= ${expressionText(value.y, scope)};`;
  return `${name} = ${expressionText(value, scope)};`;
}

/** The text of a store. `f[i] = f[i] + e` becomes `f[i] += e`. */
export function storeText({ buffer, at, value }: Store, scope: Scope): string {
  const place = at.map((i) => expressionText(i, scope));
  const read = readText(scope, buffer, place);
  if (isSum(value) && value.x.kind === "load" && expressionText(value.x, scope) === read)
    return `${read} ${value.operator}= ${expressionText(value.y, scope)};`;
  return `${scope.elementText(buffer, place)} = ${expressionText(value, scope)};`;
}

/** Writes statements. It calls `originOf` for each statement, outer statements before inner ones. */
export function writeStatements(
  writer: MarkingWriter,
  statements: readonly Statement[],
  scope: Scope,
  originOf: (statement: Statement) => LineOrigin | undefined,
): void {
  for (const statement of statements)
    writer.marked(originOf(statement), () => writeStatement(writer, statement, scope, originOf));
}

function writeStatement(
  writer: MarkingWriter,
  statement: Statement,
  scope: Scope,
  originOf: (statement: Statement) => LineOrigin | undefined,
): void {
  switch (statement.kind) {
    case "for": {
      const name = scope.nameOf(statement.variable);
      const from = expressionText(statement.from, scope);
      const to = expressionText(statement.to, scope);
      const next = statement.step === 1 ? `${name}++` : `${name} += ${numberText(statement.step)}`;
      writer.write(`for (let ${name} = ${from}; ${name} < ${to}; ${next})`).block(() => {
        writeStatements(writer, statement.body, scope, originOf);
      });
      break;
    }
    case "let":
      writer.writeLine(
        `${statement.mutable ? "let" : "const"} ${scope.nameOf(statement.name)} ` +
          `= ${expressionText(statement.value, scope)};`,
      );
      break;
    case "assign":
      writer.writeLine(assignmentText(scope.nameOf(statement.name), statement.value, scope));
      break;
    case "store":
      writer.writeLine(storeText(statement, scope));
  }
}
