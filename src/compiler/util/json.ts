/** JSON in which equal values have equal text, and JSON for metric values that may be NaN. */
import * as z from "zod";

// Canonical JSON: keys are sorted and there is no white space, so equal trees have equal text. A hash of the
// text does not depend on the order of keys.

/**
 * The value as JSON with the keys of every object in code-unit order. Undefined members are omitted, as by
 * JSON.stringify. A function, which only a spec in TypeScript has, becomes its source text.
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

/** A metric value in JSON, which has no NaN: non-finite values are written as null and read as NaN. */
export const jsonFigure = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
