/** JSON with one text for equal trees, and numbers that JSON has no words for. */
import * as z from "zod";

// JSON in which equal trees are equal texts: keys sorted, no white space. What is hashed must not depend on
// the order in which someone wrote the keys.

/**
 * The value as JSON with the keys of every object in code-unit order. Undefined members are left out, as
 * JSON.stringify does. A function, which only a spec in TypeScript has, stands there as its text.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "function") return JSON.stringify(String(value));
  return JSON.stringify(value) ?? "null";
}

/** A figure as it stands in JSON, which has no NaN: what is not finite is written as null, and read as NaN. */
export const jsonFigure = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
