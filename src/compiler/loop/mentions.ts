/** Whether expressions name variables: what every stage asks that moves, copies or vectorises loops. */
import { rowsVariable, visit } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import type { For } from "./types.ts";

/** Whether x, or a part of it, is one of the variables. */
export function mentionsAny(x: Expression, names: ReadonlySet<string>): boolean {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "variable" && names.has(part.name)) found = true;
  });
  return found;
}

/** Whether x, or a part of it, is the variable. */
export const mentions = (x: Expression, name: string): boolean => mentionsAny(x, new Set([name]));

/** Whether a loop runs over the batch: where it ends depends on the number of rows. */
export const isOverBatch = ({ to }: For): boolean => mentions(to, rowsVariable);
