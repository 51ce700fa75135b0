/** Rules of arithmetic on real tensors. Integers, which have no negation, keep their subtraction and product. */
import { nameHint } from "../../ir/names.ts";
import type { Node } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import { constantFactor, defineRule, either, is, isNormal, scalarOf } from "./define.ts";

/** Returns the product c · d if c and c · d are normal numbers, and undefined otherwise. */
function normalProduct(c: number, d: number, { type: { element } }: Node): number | undefined {
  return isNormal(c, element) && isNormal(c * d, element) ? c * d : undefined;
}

export const arithmeticRules = [
  defineRule({
    name: "add-zero",
    equation: "x + 0 = x",
    root: "add",
    fast: ["zero-sign"], // −0 + 0 is 0
    apply: (node) => either(node, (x, y) => (scalarOf(y) === 0 ? x : undefined)),
  }),
  defineRule({
    name: "subtract-zero",
    equation: "x − 0 = x",
    root: "subtract",
    // x − (−0) is not rewritten, because −0 − (−0) is 0.
    apply: (node) => (Object.is(scalarOf(node.operands.y), 0) ? node.operands.x : undefined),
  }),
  defineRule({
    name: "subtract-from-zero",
    equation: "0 − x = −x",
    root: "subtract",
    fast: ["zero-sign"],
    apply: (node, g) =>
      isFloat(node.type.element) && scalarOf(node.operands.x) === 0 ? g.negate(node.operands.y) : undefined,
  }),
  defineRule({
    name: "multiply-by-one",
    equation: "x · 1 = x",
    root: "multiply",
    apply: (node) => either(node, (x, y) => (scalarOf(y) === 1 ? x : undefined)),
  }),
  defineRule({
    name: "multiply-by-zero",
    equation: "x · 0 = 0",
    root: "multiply",
    fast: ["zero-sign", "non-finite"], // ∞ · 0 is NaN
    apply: (node) => either(node, (_, y) => (scalarOf(y) === 0 ? y : undefined)),
  }),
  defineRule({
    name: "multiply-by-minus-one",
    equation: "x · −1 = −x",
    root: "multiply",
    apply: (node, g) =>
      isFloat(node.type.element)
        ? either(node, (x, y) => (scalarOf(y) === -1 ? g.negate(x) : undefined))
        : undefined,
  }),
  defineRule({
    name: "divide-by-one",
    equation: "x / 1 = x",
    root: "divide",
    apply: (node) => (scalarOf(node.operands.y) === 1 ? node.operands.x : undefined),
  }),
  defineRule({
    name: "divide-by-scalar",
    equation: "x / c = x · (1 / c), for a tensor x and a scalar c",
    root: "divide",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      if (!is(node.operands.y, "broadcast")) return undefined;
      const { x: c } = node.operands.y.operands;
      if (c.type.shape.length > 0 || is(c, "constant")) return undefined;
      if (node.type.shape.every((size) => size === 1)) return undefined;
      const reciprocal = g.named(`reciprocal_of_${nameHint(c)}`, g.divide(1, c));
      return g.multiply(node.operands.x, g.broadcast(reciprocal, node.operands.y.attributes));
    },
  }),
  defineRule({
    name: "negate-negate",
    equation: "−(−x) = x",
    root: "negate",
    apply: (node) => (is(node.operands.x, "negate") ? node.operands.x.operands.x : undefined),
  }),
  defineRule({
    name: "add-negated",
    equation: "x + (−y) = x − y",
    root: "add",
    apply: (node, g) => either(node, (x, y) => (is(y, "negate") ? g.subtract(x, y.operands.x) : undefined)),
  }),
  defineRule({
    name: "subtract-negated",
    equation: "x − (−y) = x + y",
    root: "subtract",
    apply: (node, g) =>
      is(node.operands.y, "negate") ? g.add(node.operands.x, node.operands.y.operands.x) : undefined,
  }),
  defineRule({
    name: "negate-factor",
    equation: "(−x) · y = −(x · y)",
    root: "multiply",
    apply: (node, g) =>
      either(node, (x, y) => (is(x, "negate") ? g.negate(g.multiply(x.operands.x, y)) : undefined)),
  }),
  defineRule({
    name: "negate-dividend",
    equation: "(−x) / y = −(x / y)",
    root: "divide",
    apply: (node, g) =>
      is(node.operands.x, "negate")
        ? g.negate(g.divide(node.operands.x.operands.x, node.operands.y))
        : undefined,
  }),
  defineRule({
    name: "negate-difference",
    equation: "−(x − y) = y − x",
    root: "negate",
    fast: ["zero-sign"],
    apply: (node, g) =>
      is(node.operands.x, "subtract")
        ? g.subtract(node.operands.x.operands.y, node.operands.x.operands.x)
        : undefined,
  }),
  defineRule({
    name: "double",
    equation: "x + x = 2 · x",
    root: "add",
    apply: (node, g) => (node.operands.x === node.operands.y ? g.multiply(2, node.operands.x) : undefined),
  }),
  defineRule({
    name: "double-term",
    equation: "(y + x) + x = y + 2 · x, and (y − x) − x = y − 2 · x",
    root: ["add", "subtract"],
    fast: ["rounding", "overflow"],
    apply: (node, g) => {
      if (is(node, "subtract")) {
        if (!is(node.operands.x, "subtract")) return undefined;
        const { x: y, y: term } = node.operands.x.operands;
        return term === node.operands.y ? g.subtract(y, g.multiply(2, term)) : undefined;
      }
      return either(node, (sum, x) => {
        if (!is(sum, "add")) return undefined;
        return either(sum, (y, term) => (term === x && y !== x ? g.add(y, g.multiply(2, x)) : undefined));
      });
    },
  }),
  defineRule({
    name: "multiply-constants",
    equation: "c · (d · x) = (c · d) · x",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (outer, inner) => {
        const c = scalarOf(outer);
        const factor = constantFactor(inner);
        if (c === undefined || factor === undefined) return undefined;
        const product = normalProduct(c, factor.value, node);
        return product === undefined ? undefined : g.multiply(product, factor.rest);
      }),
  }),
  defineRule({
    name: "constant-outward",
    equation: "x · (c · y) = c · (x · y), and (c · x) · (d · y) = (c · d) · (x · y)",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (x, y) => {
        const right = constantFactor(y);
        if (right === undefined || scalarOf(x) !== undefined) return undefined;
        const left = constantFactor(x) ?? { value: 1, rest: x };
        const product = normalProduct(left.value, right.value, node);
        return product === undefined ? undefined : g.multiply(product, g.multiply(left.rest, right.rest));
      }),
  }),
  defineRule({
    name: "scale-before-repeating",
    equation: "c · (broadcast x · y) = broadcast (c · x) · y, for a constant c and a tensor x",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (outer, product) => {
        const c = scalarOf(outer);
        if (c === undefined || !isNormal(c, node.type.element) || !is(product, "multiply")) return undefined;
        return either(product, (x, y) => {
          // In both forms, a product of two scalars is computed once, so rewriting it has no benefit.
          if (!is(x, "broadcast") || x.attributes.axes.length === 0 || is(y, "broadcast")) return undefined;
          return g.multiply(g.broadcast(g.multiply(c, x.operands.x), x.attributes), y);
        });
      }),
  }),
  defineRule({
    name: "power-of-two",
    equation: "x² = x · x",
    root: "power",
    fast: ["rounding"], // power does not always round to the nearest number
    apply: (node, g) =>
      scalarOf(node.operands.y) === 2 ? g.multiply(node.operands.x, node.operands.x) : undefined,
  }),
  defineRule({
    name: "power-of-constant",
    equation: "cˣ = exp(x · ln c), for a positive normal constant c",
    root: "power",
    fast: ["rounding"],
    apply: (node, g) => {
      const c = scalarOf(node.operands.x);
      return c !== undefined && c > 0 && isNormal(c, node.type.element)
        ? g.exp(g.multiply(node.operands.y, Math.log(c)))
        : undefined;
    },
  }),
  defineRule({
    name: "power-of-one",
    equation: "x¹ = x",
    root: "power",
    apply: (node) => (scalarOf(node.operands.y) === 1 ? node.operands.x : undefined),
  }),
  defineRule({
    name: "cast-same",
    equation: "x as its own type = x",
    root: "cast",
    apply: (node) => (node.operands.x.type.element === node.attributes.element ? node.operands.x : undefined),
  }),
];
