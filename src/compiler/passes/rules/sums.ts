/** Rules for sums. They move constant factors out of sums, and drop terms that add up to 0. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { isMeanOf } from "../../ir/means.ts";
import type { Axes, Node } from "../../ir/nodes.ts";
import type { ElementType, Shape } from "../../ir/types.ts";
import { defineRule, is, orders } from "./define.ts";

/** The number of times that a value is repeated along axes of these sizes; undefined if the number is 1. */
function repetitions(sizes: Shape, element: ElementType, g: GraphBuilder): Node | undefined {
  const fixed = sizes.reduce<number>((product, size) => (size === "n" ? product : product * size), 1);
  const rows = sizes.includes("n") ? g.batchSize({ element }) : undefined;
  if (rows !== undefined) return fixed === 1 ? rows : g.multiply(fixed, rows);
  return fixed === 1 ? undefined : g.number(fixed, element);
}

/**
 * Returns the value c without its repetition along `axes`; undefined if c varies along one of them. `shape`
 * is the shape of the remaining axes.
 */
function withoutAxes(c: Node, axes: Axes, shape: Shape, g: GraphBuilder): Node | undefined {
  if (!is(c, "broadcast") || c.attributes.axes.some((axis) => axes.includes(axis))) return undefined;
  const kept = c.type.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  return g.broadcast(c.operands.x, { shape, axes: c.attributes.axes.map((axis) => kept.indexOf(axis)) });
}

interface Factored {
  readonly factor: Node;
  readonly rest: Node;
}

/**
 * Finds the first factor for which `accept` returns a value. Returns that value, and the product of the other
 * factors. In inner products, the search skips repeated scalars, because other values may read the same
 * product.
 */
function factorOf(
  product: Node,
  accept: (x: Node) => Node | undefined,
  g: GraphBuilder,
): Factored | undefined {
  if (!is(product, "multiply")) return undefined;
  for (const [x, y] of orders(product)) {
    const factor = accept(x);
    if (factor !== undefined) return { factor, rest: y };
  }
  const acceptTensor = (x: Node) => (isRepeatedScalar(x) ? undefined : accept(x));
  for (const [x, y] of orders(product)) {
    const inner = factorOf(x, acceptTensor, g);
    if (inner !== undefined) return { factor: inner.factor, rest: g.multiply(inner.rest, y) };
  }
  return undefined;
}

const isRepeatedScalar = (x: Node): boolean => is(x, "broadcast") && x.operands.x.type.shape.length === 0;

/** The depth of the search for a centred value, in operations. */
const deepest = 4;

/**
 * Whether the sum of x along these axes is 0 in real arithmetic. This holds for y − mean y, and for its products and
 * quotients with values that do not vary along the axes.
 */
function isCentred(x: Node, axes: Axes, depth = 0): boolean {
  const isFixed = (c: Node) => is(c, "broadcast") && !c.attributes.axes.some((axis) => axes.includes(axis));
  const inside = (operand: Node) => isCentred(operand, axes, depth + 1);
  if (depth === deepest) return false;
  if (is(x, "negate")) return inside(x.operands.x);
  if (is(x, "divide")) return isFixed(x.operands.y) && inside(x.operands.x);
  if (is(x, "multiply")) return orders(x).some(([factor, centred]) => isFixed(factor) && inside(centred));
  if (!is(x, "subtract")) return false;
  const { x: y, y: mean } = x.operands;
  if (!is(mean, "broadcast")) return false;
  const kept = y.type.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  return mean.attributes.axes.join() === kept.join() && isMeanOf(mean.operands.x, y, axes);
}

export const sumRules = [
  defineRule({
    name: "sum-of-repeated",
    equation: "Σ over a repeated axis of x = size · x",
    root: "reduceSum",
    fast: ["rounding", "overflow"],
    apply: (node, g) => {
      if (!is(node.operands.x, "broadcast")) return undefined;
      const { x, attributes } = { x: node.operands.x.operands.x, attributes: node.operands.x.attributes };
      const repeated = node.attributes.axes.filter((axis) => !attributes.axes.includes(axis));
      if (repeated.length === 0) return undefined;
      const times = repetitions(
        repeated.map((axis) => attributes.shape[axis]),
        x.type.element,
        g,
      );
      const kept = attributes.shape.flatMap((_, axis) => (repeated.includes(axis) ? [] : [axis]));
      const summed = node.attributes.axes
        .filter((axis) => !repeated.includes(axis))
        .map((axis) => kept.indexOf(axis));
      const shape = kept.map((axis) => attributes.shape[axis]);
      const dense = g.broadcast(x, { shape, axes: attributes.axes.map((axis) => kept.indexOf(axis)) });
      const sum = g.reduceSum(dense, { axes: summed });
      return times === undefined ? sum : g.multiply(times, sum);
    },
  }),
  defineRule({
    name: "sum-of-nothing",
    equation: "Σ over no axis of x = x",
    root: "reduceSum",
    fast: ["zero-sign"], // a sum starts at 0, and 0 + −0 is 0
    apply: (node) => (node.attributes.axes.length === 0 ? node.operands.x : undefined),
  }),
  defineRule({
    name: "negate-out-of-sum",
    equation: "Σ −x = −Σ x",
    root: "reduceSum",
    fast: ["zero-sign"],
    apply: (node, g) =>
      is(node.operands.x, "negate")
        ? g.negate(g.reduceSum(node.operands.x.operands.x, node.attributes))
        : undefined,
  }),
  defineRule({
    name: "divisor-out-of-sum",
    equation: "Σ x / c = (Σ x) / c, where c does not vary along the sum",
    root: "reduceSum",
    fast: ["rounding", "underflow", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      if (!is(node.operands.x, "divide")) return undefined;
      const { x, y } = node.operands.x.operands;
      const divisor = withoutAxes(y, node.attributes.axes, node.type.shape, g);
      return divisor && g.divide(g.reduceSum(x, node.attributes), divisor);
    },
  }),
  defineRule({
    name: "factor-out-of-sum",
    equation: "Σ c · x = c · Σ x, and Σ (c · x) · y = c · Σ x · y, where c does not vary along the sum",
    root: "reduceSum",
    fast: ["rounding", "underflow", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      const { axes } = node.attributes;
      const found = factorOf(node.operands.x, (c) => withoutAxes(c, axes, node.type.shape, g), g);
      return found && g.multiply(found.factor, g.reduceSum(found.rest, { axes }));
    },
  }),
  defineRule({
    name: "drop-centred-term",
    equation: "Σ (x ± c · (y − mean y)) = Σ x, where c does not vary along the sum",
    root: "reduceSum",
    fast: ["rounding", "underflow", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      const { x: terms } = node.operands;
      if (!is(terms, "add") && !is(terms, "subtract")) return undefined;
      const { axes } = node.attributes;
      const { x, y } = terms.operands;
      if (isCentred(y, axes)) return g.reduceSum(x, { axes });
      if (!isCentred(x, axes)) return undefined;
      return is(terms, "add") ? g.reduceSum(y, { axes }) : g.negate(g.reduceSum(y, { axes }));
    },
  }),
];
