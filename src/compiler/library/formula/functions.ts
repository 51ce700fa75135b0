/**
 * The functions that formulas may call. They are compositions of ops, so formulas are differentiated like any
 * other part of a model. `sum` and `mean` are defined elsewhere, because the values that they sum depend on
 * the context of the formula.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { elementary as elementaryRows, isElementary } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { gelu, logSoftmax, silu, softmax, softplus } from "../compositions.ts";

/** A number that the formula contains, or a node. A node is never of type bool. */
export type Value = Node | number;

interface FormulaFunction {
  /** The form of a call in messages, such as "clamp(x, low, high)". */
  readonly form: string;
  readonly least: number;
  readonly most: number;
  /** The functions "along the last axis" are available only for values that have axes. */
  readonly acts: "on elements" | "along the last axis";
  /** Applies the function. At least one of the values must be a node. */
  apply(g: GraphBuilder, values: readonly Value[]): Node;
}

type Unary = (g: GraphBuilder, x: Node) => Node;

const unary = (name: string, f: Unary): FormulaFunction => ({
  form: `${name}(x)`,
  least: 1,
  most: 1,
  acts: "on elements",
  apply: (g, [x]) => f(g, nodeOf(g, x)),
});

/** A function of two or more operands, which are combined from left to right. */
const folded = (name: string, f: (g: GraphBuilder, x: Value, y: Value) => Node): FormulaFunction => ({
  form: `${name}(a, b)`,
  least: 2,
  most: 8,
  acts: "on elements",
  apply: (g, [first, second, ...rest]) => rest.reduce<Node>((x, y) => f(g, x, y), f(g, first, second)),
});

const nodeOf = (g: GraphBuilder, x: Value): Node => (typeof x === "number" ? g.number(x) : x);

/**
 * min(max(x, low), high). As in PyTorch, its derivative with respect to x is also 1 at the bounds, because a
 * bound applies only where x is beyond it.
 */
function clamp(g: GraphBuilder, x: Node, low: Value, high: Value): Node {
  const atLeast = g.select(g.less(x, low), low, x);
  return g.select(g.less(high, atLeast), high, atLeast);
}

const minimum = folded("min", (g, x, y) => g.minimum(x, y));
const maximum = folded("max", (g, x, y) => g.maximum(x, y));

/** xʸ. Small integer powers become products, whose derivatives are exact also for x ≤ 0. */
export function power(g: GraphBuilder, x: Value, y: Value): Node {
  if (typeof x === "number" || typeof y === "object") return g.power(x, y);
  const squared = () => g.multiply(x, x);
  switch (y) {
    case 2:
      return squared();
    case 3:
      return g.multiply(squared(), x);
    case 4: {
      const square = squared();
      return g.multiply(square, square);
    }
    case -1:
      return g.divide(1, x);
    case 0.5:
      return g.sqrt(x);
    default:
      return g.power(x, y);
  }
}

const elementary = Object.fromEntries(
  Object.keys(elementaryRows)
    .filter(isElementary)
    .map((name) => [name, unary(name, (g, x) => g[name](x))]),
);

export const functions: Readonly<Record<string, FormulaFunction>> = {
  ...elementary,
  sqrt: unary("sqrt", (g, x) => g.sqrt(x)),
  abs: unary("abs", (g, x) => g.absolute(x)),
  sign: unary("sign", (g, x) => g.sign(x)),
  floor: unary("floor", (g, x) => g.floor(x)),
  tan: unary("tan", (g, x) => g.divide(g.sin(x), g.cos(x))),
  relu: unary("relu", (g, x) => g.relu(x)),
  softplus: unary("softplus", softplus),
  gelu: unary("gelu", gelu),
  silu: unary("silu", silu),
  stop: unary("stop", (g, x) => g.stopGradient(x)),
  pow: { ...folded("pow", power), form: "pow(x, y)", most: 2 },
  min: minimum,
  max: maximum,
  minimum: { ...minimum, form: "minimum(a, b)" },
  maximum: { ...maximum, form: "maximum(a, b)" },
  clamp: {
    form: "clamp(x, low, high)",
    least: 3,
    most: 3,
    acts: "on elements",
    apply: (g, [x, low, high]) => clamp(g, nodeOf(g, x), low, high),
  },
  where: {
    form: "where(condition, a, b)",
    least: 3,
    most: 3,
    acts: "on elements",
    apply: (g, [condition, x, y]) => choose(g, condition, x, y),
  },
  softmax: { ...unary("softmax", softmax), acts: "along the last axis" },
  logsoftmax: { ...unary("logsoftmax", logSoftmax), acts: "along the last axis" },
};

/**
 * x where the condition is not zero, y elsewhere. If the condition is a comparison in the formula, it is used
 * directly, without a cast.
 */
export function choose(g: GraphBuilder, condition: Value, x: Value, y: Value): Node {
  if (typeof condition === "number") return nodeOf(g, condition !== 0 ? x : y);
  const element = typeof y === "object" ? y.type.element : condition.type.element;
  const first = typeof x === "number" ? g.number(x, element) : x;
  const isComparison = condition.op === "cast" && condition.operands.x.type.element === "bool";
  return isComparison ? g.select(condition.operands.x, first, y) : g.select(g.equal(condition, 0), y, first);
}
