/**
 * Shows the loops of a register-blocked kernel before blocking, in one comment:
 *
 *     // The same loops before blocking: for row < n: for j < 64: { sum = 0; for k < 64: sum += x[row, k] * w[k, j];
 *     //   y[row, j] = sum }
 */
import { storageLabel } from "../../ir/storage.ts";
import { rowsVariable } from "../../loop/expressions.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { Kernel, Statement } from "../../loop/types.ts";
import { nameLocals } from "../identifiers.ts";
import { commentLines } from "../statement-provenance.ts";
import { expressionText } from "./expressions.ts";
import type { Scope } from "./expressions.ts";
import { assignmentText, storeText } from "./statements.ts";

/** The maximum number of lines. Longer loops do not help a reader. */
const mostLines = 4;

/** The lines of the comment; empty for kernels that are not blocked. */
export function loopLines(kernel: Kernel, lowered: Kernel | undefined): readonly string[] {
  if (lowered === undefined || !isBlocked(kernel)) return [];
  const lines = commentLines(`The same loops before blocking: ${textOf(lowered)}`);
  return lines.length > mostLines ? [] : lines;
}

/** Whether a loop computes several elements at once. */
function isBlocked({ body }: Kernel): boolean {
  let found = false;
  visitStatements(body, (statement) => {
    // The name of a local contains `~` if the local is a copy for one element of a block.
    if (statement.kind === "let" && statement.name.includes("~")) found = true;
  });
  return found;
}

function textOf(kernel: Kernel): string {
  const names = nameLocals(kernel, new Set(), (buffer) => buffer);
  const scope: Scope = {
    nameOf: (variable) => (variable === rowsVariable ? "n" : (names.get(variable) ?? variable)),
    elementText: (buffer, at) => `${storageLabel(buffer)}${at.length === 0 ? "" : `[${at.join(", ")}]`}`,
    readMark: "",
    uses() {},
  };
  return blockText(kernel.body, scope);
}

const blockText = (statements: readonly Statement[], scope: Scope): string =>
  statements.map((statement) => statementText(statement, scope)).join("; ");

function statementText(statement: Statement, scope: Scope): string {
  switch (statement.kind) {
    case "for": {
      const body = blockText(statement.body, scope);
      const inner = statement.body.length === 1 ? body : `{ ${body} }`;
      const from =
        statement.from.kind === "number" && statement.from.value === 0
          ? ""
          : `${expressionText(statement.from, scope)} ≤ `;
      return `for ${from}${scope.nameOf(statement.variable)} < ${expressionText(statement.to, scope)}: ${inner}`;
    }
    case "let":
      return `${scope.nameOf(statement.name)} = ${expressionText(statement.value, scope)}`;
    case "assign":
      return withoutSemicolon(assignmentText(scope.nameOf(statement.name), statement.value, scope));
    case "store":
      return withoutSemicolon(storeText(statement, scope));
  }
}

const withoutSemicolon = (text: string): string => text.replace(/;$/, "");
