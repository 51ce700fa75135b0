// The space of a search: its axes in a fixed order, and how many values each has.
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { parsePath } from "../../compiler/diagnostics/path.ts";
import { specSchema } from "../../compiler/spec/json-schema.ts";
import { nodeAtPath } from "../../compiler/spec/schema-node.ts";
import { isRange, type Range, type Search } from "../../compiler/spec/search-schema.ts";
import { withValue } from "./place-value.ts";

/** One path and the values that it takes. */
export interface Axis {
  /** The path as it was written. */
  readonly key: string;
  readonly path: SpecPath;
  /** Infinity for a range without steps. */
  readonly count: number;
  /** The value at t in [0, 1): of a list the one that lies there. */
  at(t: number): unknown;
}

/** The axes in the order in which they are written. */
export function axesOf(spec: unknown, { over }: Search): Axis[] {
  return Object.entries(over).map(([key, axis]): Axis => {
    const path = parsePath(key);
    invariant(path !== undefined, "the checks hold that the keys of a search are paths");
    if (isRange(axis)) return { key, path, ...rangeValues(axis, takesIntegers(spec, path, axis.from)) };
    return { key, path, count: axis.length, at: (t) => axis[Math.floor(t * axis.length)] };
  });
}

/** A path that takes whole numbers draws whole numbers. */
function takesIntegers(spec: unknown, path: SpecPath, value: number): boolean {
  return nodeAtPath(specSchema(), path, withValue(spec, path, value))?.type === "integer";
}

/**
 * The value at u in [0, 1]: from + u·(to − from), or on a log scale from·(to/from)^u. Whole numbers are each
 * as likely as another: the range is widened by half a number at both ends, and rounded.
 */
function rangeValues({ from, to, scale, steps }: Range, isWhole: boolean): Pick<Axis, "count" | "at"> {
  const between = (low: number, high: number, u: number): number =>
    scale === "log" ? low * (high / low) ** u : low + u * (high - low);
  // Six digits: what a table shows is then what was tried.
  const rounded = (value: number) => (isWhole ? Math.round(value) : Number(value.toPrecision(6)));
  const within = (value: number) => Math.min(to, Math.max(from, value));
  if (steps !== undefined)
    return {
      count: steps,
      at: (t) => within(rounded(between(from, to, Math.floor(t * steps) / (steps - 1)))),
    };
  return {
    count: Infinity,
    at: (t) => within(rounded(isWhole ? between(from - 0.5, to + 0.5, t) : between(from, to, t))),
  };
}
