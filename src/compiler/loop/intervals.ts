/**
 * The ranges of the integers in a kernel. They show whether a loop runs at all, and whether an address can be
 * negative.
 */
import { rowsVariable } from "./expressions.ts";
import type { BinaryOperator, Expression } from "./expressions.ts";
import { visitStatements } from "./statements.ts";
import type { Statement } from "./types.ts";

/** A closed interval. */
export interface Interval {
  readonly least: number;
  readonly most: number;
}

export type Ranges = ReadonlyMap<string, Interval>;

const anything: Interval = { least: -Infinity, most: Infinity };

const hull = (a: Interval, b: Interval): Interval => ({
  least: Math.min(a.least, b.least),
  most: Math.max(a.most, b.most),
});

/**
 * The smallest interval that contains all products. 0 · ∞ counts as 0, because a factor of 0 makes the
 * product 0.
 */
function products(a: Interval, b: Interval): Interval {
  const ends = [a.least, a.most].flatMap((x) =>
    [b.least, b.most].map((y) => (x === 0 || y === 0 ? 0 : x * y)),
  );
  return { least: Math.min(...ends), most: Math.max(...ends) };
}

function quotientRange(x: Interval, y: Interval): Interval {
  if (y.least !== y.most || y.least <= 0) return anything;
  // The bounds hold for rounding towards zero and for rounding down.
  return { least: Math.floor(x.least / y.least), most: Math.floor(Math.max(x.most, 0) / y.least) };
}

function remainderRange(x: Interval, y: Interval): Interval {
  if (y.least !== y.most || y.least <= 0) return anything;
  const most = y.least - 1;
  return { least: x.least >= 0 ? 0 : -most, most: Math.max(0, Math.min(most, x.most)) };
}

function binaryRange(operator: BinaryOperator, x: Interval, y: Interval): Interval {
  switch (operator) {
    case "+":
      return { least: x.least + y.least, most: x.most + y.most };
    case "-":
      return { least: x.least - y.most, most: x.most - y.least };
    case "*":
      return products(x, y);
    case "quotient":
      return quotientRange(x, y);
    case "remainder":
      return remainderRange(x, y);
    default:
      return anything;
  }
}

/** The range of an integer expression. For a vector, the range covers all lanes. */
export function rangeOf(x: Expression, ranges: Ranges): Interval {
  if (x.type !== "i32") return anything;
  switch (x.kind) {
    case "number":
      return { least: x.value, most: x.value };
    case "variable":
      return ranges.get(x.name) ?? anything;
    case "binary":
      return binaryRange(x.operator, rangeOf(x.x, ranges), rangeOf(x.y, ranges));
    case "select":
      return hull(rangeOf(x.x, ranges), rangeOf(x.y, ranges));
    case "call": {
      const pick = x.name === "minimum" ? Math.min : x.name === "maximum" ? Math.max : undefined;
      if (pick === undefined) return anything;
      const [a, b] = x.operands.map((operand) => rangeOf(operand, ranges));
      return { least: pick(a.least, b.least), most: pick(a.most, b.most) };
    }
    case "splat":
      return rangeOf(x.x, ranges);
    case "ramp": {
      const first = rangeOf(x.x, ranges);
      return { least: first.least, most: first.most + x.lanes - 1 };
    }
    default:
      return anything;
  }
}

/**
 * The largest value of a loop variable. The step narrows the range only if the first value is known exactly.
 */
function lastOf(from: Interval, to: Interval, step: number): number {
  const run = Math.max(0, to.most - 1 - from.least);
  return from.least + (from.least === from.most && Number.isFinite(run) ? run - (run % step) : run);
}

/**
 * The ranges of all integer variables of a kernel, by name. If several variables share a name, the range
 * covers all of them. `addresses` names the variables that contain an address.
 */
export function rangesOf(
  body: readonly Statement[],
  batchSize: number,
  addresses: Iterable<string> = [],
): Ranges {
  const ranges = new Map<string, Interval>([[rowsVariable, { least: 0, most: batchSize }]]);
  for (const name of addresses) ranges.set(name, { least: 0, most: Infinity });
  const note = (name: string, range: Interval) => {
    const known = ranges.get(name);
    ranges.set(name, known === undefined ? range : hull(known, range));
  };
  const pointers = pointersOf(body);
  visitStatements(body, (statement) => {
    if (statement.kind === "for") {
      const [from, to] = [rangeOf(statement.from, ranges), rangeOf(statement.to, ranges)];
      note(statement.variable, { least: from.least, most: lastOf(from, to, statement.step) });
      const runs = Math.max(0, Math.ceil((to.most - from.least) / statement.step));
      for (const s of statement.body) {
        const start = s.kind === "assign" && pointers.has(s.name) ? ranges.get(s.name) : undefined;
        if (s.kind === "assign" && start !== undefined)
          note(s.name, { ...start, most: start.most + runs * (incrementOf(s) ?? 0) });
      }
    }
    if (statement.kind === "let" && statement.value.type === "i32") {
      const isKnown = !statement.mutable || pointers.has(statement.name);
      note(statement.name, isKnown ? rangeOf(statement.value, ranges) : anything);
    }
  });
  return ranges;
}

/** The increment in an assignment such as x = x + 16; undefined for other assignments. */
function incrementOf({ name, value }: Extract<Statement, { kind: "assign" }>): number | undefined {
  if (value.kind !== "binary" || value.operator !== "+" || value.y.kind !== "number") return undefined;
  return value.x.kind === "variable" && value.x.name === name && value.y.value >= 0
    ? value.y.value
    : undefined;
}

/** The variables that exactly one statement assigns, and that this statement only increases. */
function pointersOf(body: readonly Statement[]): ReadonlySet<string> {
  const times = new Map<string, number>();
  visitStatements(body, (s) => {
    if (s.kind === "assign")
      times.set(s.name, (times.get(s.name) ?? 0) + (incrementOf(s) === undefined ? Infinity : 1));
  });
  return new Set([...times].flatMap(([name, count]) => (count === 1 ? [name] : [])));
}
