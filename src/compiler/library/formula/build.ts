/**
 * Builds nodes from a formula that check.ts has accepted. An expression that contains only numbers stays a
 * number. Comparisons are the numbers 1 and 0. Operands of different types and ranks are aligned (see
 * `matched`).
 */
import { DiagnosticError } from "../../diagnostics/errors.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import type { ElementType } from "../../ir/types.ts";
import { BuildError } from "../build-error.ts";
import { constantNames } from "./check.ts";
import { choose, functions, power } from "./functions.ts";
import type { Value } from "./functions.ts";
import type { Expression, Sign } from "./syntax.ts";

export interface Scope {
  /** The text of the formula. An error marks a part of it. */
  readonly text: string;
  readonly names: ReadonlyMap<string, Value>;
  /** The element type of expressions that contain only numbers. */
  readonly element: ElementType;
  /** Builds the value of `sum(x)` or `mean(x)`. */
  total?(kind: "sum" | "mean", x: Node): Node;
  /** The conditional branches that enclose this part, outermost first. */
  readonly branches?: readonly Branch[];
}

/** One of the two branches of a conditional. */
interface Branch {
  readonly condition: Node;
  /** Whether the branch is taken where the condition is true. */
  readonly whereTrue: boolean;
}

/**
 * x within one branch of a conditional. The value is the same, but gradients are propagated only where the
 * branch is taken. Elsewhere the derivative may be NaN, such as 0 · ∞ for log(x) at 0, and must be dropped.
 */
const withinBranch = (g: GraphBuilder, x: Node, { condition, whereTrue }: Branch): Node => {
  if (!isFloat(x.type.element)) return x;
  const fixed = g.stopGradient(x);
  return choose(g, ...three(matched(g, whereTrue ? [condition, x, fixed] : [condition, fixed, x])));
};

/** The value of the formula. It is a number if the formula contains only numbers. */
export function buildFormula(g: GraphBuilder, x: Expression, scope: Scope): Value {
  const { branches = [], ...outside } = scope;
  const of = (part: Expression) => buildFormula(g, part, scope);
  const gated = (value: Value): Value =>
    branches.reduce<Value>(
      (inner, branch) =>
        typeof inner === "number" ? inner : fitting(x, scope, () => withinBranch(g, inner, branch)),
      value,
    );
  const chosen = ([part, first, second]: readonly Expression[]): Node => {
    const condition = of(part);
    if (typeof condition === "number")
      return nodeOf(g, condition !== 0 ? of(first) : of(second), scope.element);
    const side = (branch: Expression, whereTrue: boolean): Value =>
      buildFormula(g, branch, { ...scope, branches: [...branches, { condition, whereTrue }] });
    const values = [condition, side(first, true), side(second, false)];
    return fitting(x, scope, () => choose(g, ...three(matched(g, values))));
  };
  switch (x.kind) {
    case "number":
      return x.value;
    case "name":
      return gated(scope.names.get(x.name) ?? constantNames[x.name]);
    case "negate": {
      const value = of(x.x);
      return typeof value === "number" ? -value : g.negate(value);
    }
    case "binary": {
      const [left, right] = [of(x.x), of(x.y)];
      if (typeof left === "number" && typeof right === "number") return onNumbers(x.sign, left, right);
      return fitting(x, scope, () => binary(g, x.sign, matched(g, [left, right])));
    }
    case "choose":
      return chosen([x.condition, x.x, x.y]);
    case "call": {
      if (x.name === "where" && x.arguments.length === 3) return chosen(x.arguments);
      // A function that also reads other elements is built outside the branch, and only its result is limited
      // to the branch.
      if (branches.length > 0 && !isOnElements(x.name)) return gated(buildFormula(g, x, outside));
      const values = x.arguments.map(of);
      if (x.name === "sum" || x.name === "mean") {
        const value = nodeOf(g, values[0], scope.element);
        return scope.total?.(x.name, value) ?? value;
      }
      const lifted = values.every((value) => typeof value === "number")
        ? values.map((value) => nodeOf(g, value, scope.element))
        : values;
      return fitting(x, scope, () => functions[x.name].apply(g, matched(g, lifted)));
    }
  }
}

const isOnElements = (name: string): boolean =>
  name !== "sum" && name !== "mean" && functions[name].acts === "on elements";

/** The value as a node of the element type. */
const nodeOf = (g: GraphBuilder, value: Value, element: ElementType): Node =>
  typeof value === "number" ? g.number(value, element) : value;

const three = (values: readonly Value[]): [Value, Value, Value] => [values[0], values[1], values[2]];

/** Builds a part of the formula. An error of a shape rule is reported at that part. */
function fitting(part: Expression, { text }: Scope, build: () => Node): Node {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const [{ code, message, hint }] = error.diagnostics;
    const within = { text, start: part.start, end: part.end };
    if (code === "T1313")
      throw new BuildError(code, `the formula contains a number that is out of range: ${message}`, {
        within,
        hint,
      });
    throw new BuildError("T1604", `the formula combines values whose shapes do not match: ${message}`, {
      within,
    });
  }
}

/**
 * Converts values to one element type and one rank. Integers become real numbers. A scalar f64, such as a
 * rate or a step count, is rounded once to the type of the tensor with which it is combined. Values of lower
 * rank get axes of length 1 after the batch axis: NumPy's broadcasting rule, applied to each row.
 */
function matched(g: GraphBuilder, values: readonly Value[]): readonly Value[] {
  const nodes = values.filter((value) => typeof value === "object");
  const ranks = nodes.map(({ type }) => type.shape.length);
  const rank = Math.max(0, ...ranks);
  const real = nodes.filter(({ type }) => isFloat(type.element));
  const widest = real.filter(({ type }) => type.shape.length > 0);
  const elements = (widest.length > 0 ? widest : real).map(({ type }) => type.element);
  const element = elements.includes("f64") ? "f64" : (elements[0] ?? g.float);
  return values.map((value) => {
    if (typeof value === "number") return value;
    const cast = value.type.element === element ? value : g.cast(value, { element });
    const { shape } = cast.type;
    if (shape.length === 0 || shape.length === rank || shape[0] !== "n") return cast;
    const ones = Array.from({ length: rank - shape.length }, () => 1);
    return g.reshape(cast, { shape: ["n", ...ones, ...shape.slice(1)] });
  });
}

function binary(g: GraphBuilder, sign: Sign, [x, y]: readonly Value[]): Node {
  const asNumber = (condition: Node): Node => {
    const operand = typeof x === "object" ? x : y;
    return g.cast(condition, { element: typeof operand === "object" ? operand.type.element : g.float });
  };
  switch (sign) {
    case "+":
      return g.add(x, y);
    case "-":
      return g.subtract(x, y);
    case "*":
      return g.multiply(x, y);
    case "/":
      return g.divide(x, y);
    case "^":
      return power(g, x, y);
    case "<":
      return asNumber(g.less(x, y));
    case "<=":
      return asNumber(g.lessEqual(x, y));
    case ">":
      return asNumber(g.less(y, x));
    case ">=":
      return asNumber(g.lessEqual(y, x));
    case "==":
      return asNumber(g.equal(x, y));
    case "!=":
      return g.subtract(1, asNumber(g.equal(x, y)));
  }
}

const onNumbers = (sign: Sign, x: number, y: number): number => {
  const results: Readonly<Record<Sign, number>> = {
    "+": x + y,
    "-": x - y,
    "*": x * y,
    "/": x / y,
    "^": x ** y,
    "<": Number(x < y),
    "<=": Number(x <= y),
    ">": Number(x > y),
    ">=": Number(x >= y),
    "==": Number(x === y),
    "!=": Number(x !== y),
  };
  return results[sign];
};
