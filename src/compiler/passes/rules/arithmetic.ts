/** Rules of arithmetic on real tensors. */
import { withOperands } from "../../ir/builder.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { wish } from "../../ir/names.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineRule, either, is, isNormal, scalarOf } from "./define.ts";

/**
 * c and y of c · y for a normal number c: as a factor of another number, 0 or infinity would make NaN of what
 * overflows or underflows.
 */
function constantFactor(node: Node): { readonly value: number; readonly rest: Node } | undefined {
  if (!is(node, "multiply")) return undefined;
  const { element } = node.type;
  const { x, y } = node.operands;
  const [left, right] = [scalarOf(x), scalarOf(y)];
  if (left !== undefined) return isNormal(left, element) ? { value: left, rest: y } : undefined;
  return right === undefined || !isNormal(right, element) ? undefined : { value: right, rest: x };
}

/** c · d, if it is a normal number too. */
function normalProduct(c: number, d: number, { type: { element } }: Node): number | undefined {
  return isNormal(c, element) && isNormal(c * d, element) ? c * d : undefined;
}

/** How far choices are looked for below a choice. */
const deepestChoice = 3;

/** A product or quotient with the given side of each choice by that condition among its factors. */
function withinSide(x: Node, condition: Node, side: "x" | "y", g: GraphBuilder, depth = 0): Node {
  if (is(x, "select") && x.operands.condition === condition) return x.operands[side];
  if (depth === deepestChoice || !(is(x, "multiply") || is(x, "divide") || is(x, "negate"))) return x;
  const operands = operandsOf(x);
  const images = operands.map((operand) => withinSide(operand, condition, side, g, depth + 1));
  return images.every((image, i) => image === operands[i]) ? x : withOperands(g, x, images);
}

export const arithmeticRules = [
  defineRule({
    name: "add-zero",
    equation: "x + 0 = x",
    fast: ["zero-sign"], // −0 + 0 is 0
    apply: (node) =>
      is(node, "add") ? either(node, (x, y) => (scalarOf(y) === 0 ? x : undefined)) : undefined,
  }),
  defineRule({
    name: "subtract-zero",
    equation: "x − 0 = x",
    // −0 − (−0) is 0, so x − (−0) stays.
    apply: (node) =>
      is(node, "subtract") && Object.is(scalarOf(node.operands.y), 0) ? node.operands.x : undefined,
  }),
  defineRule({
    name: "subtract-from-zero",
    equation: "0 − x = −x",
    fast: ["zero-sign"],
    apply: (node, g) =>
      is(node, "subtract") && scalarOf(node.operands.x) === 0 ? g.negate(node.operands.y) : undefined,
  }),
  defineRule({
    name: "multiply-by-one",
    equation: "x · 1 = x",
    apply: (node) =>
      is(node, "multiply") ? either(node, (x, y) => (scalarOf(y) === 1 ? x : undefined)) : undefined,
  }),
  defineRule({
    name: "multiply-by-zero",
    equation: "x · 0 = 0",
    fast: ["zero-sign", "non-finite"], // ∞ · 0 is NaN
    apply: (node) =>
      is(node, "multiply") ? either(node, (_, y) => (scalarOf(y) === 0 ? y : undefined)) : undefined,
  }),
  defineRule({
    name: "multiply-by-minus-one",
    equation: "x · −1 = −x",
    apply: (node, g) =>
      is(node, "multiply")
        ? either(node, (x, y) => (scalarOf(y) === -1 ? g.negate(x) : undefined))
        : undefined,
  }),
  defineRule({
    name: "divide-by-one",
    equation: "x / 1 = x",
    apply: (node) => (is(node, "divide") && scalarOf(node.operands.y) === 1 ? node.operands.x : undefined),
  }),
  defineRule({
    name: "divide-by-scalar",
    equation: "x / c = x · (1 / c), for a tensor x and a scalar c",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      if (!is(node, "divide") || !is(node.operands.y, "broadcast")) return undefined;
      const { x: c } = node.operands.y.operands;
      if (c.type.shape.length > 0 || is(c, "constant")) return undefined;
      if (node.type.shape.every((size) => size === 1)) return undefined;
      const reciprocal = g.named(`reciprocal_of_${wish(c)}`, g.divide(1, c));
      return g.multiply(node.operands.x, g.broadcast(reciprocal, node.operands.y.attributes));
    },
  }),
  defineRule({
    name: "negate-negate",
    equation: "−(−x) = x",
    apply: (node) =>
      is(node, "negate") && is(node.operands.x, "negate") ? node.operands.x.operands.x : undefined,
  }),
  defineRule({
    name: "add-negated",
    equation: "x + (−y) = x − y",
    apply: (node, g) =>
      is(node, "add")
        ? either(node, (x, y) => (is(y, "negate") ? g.subtract(x, y.operands.x) : undefined))
        : undefined,
  }),
  defineRule({
    name: "subtract-negated",
    equation: "x − (−y) = x + y",
    apply: (node, g) =>
      is(node, "subtract") && is(node.operands.y, "negate")
        ? g.add(node.operands.x, node.operands.y.operands.x)
        : undefined,
  }),
  defineRule({
    name: "negate-factor",
    equation: "(−x) · y = −(x · y)",
    apply: (node, g) =>
      is(node, "multiply")
        ? either(node, (x, y) => (is(x, "negate") ? g.negate(g.multiply(x.operands.x, y)) : undefined))
        : undefined,
  }),
  defineRule({
    name: "negate-dividend",
    equation: "(−x) / y = −(x / y)",
    apply: (node, g) =>
      is(node, "divide") && is(node.operands.x, "negate")
        ? g.negate(g.divide(node.operands.x.operands.x, node.operands.y))
        : undefined,
  }),
  defineRule({
    name: "negate-difference",
    equation: "−(x − y) = y − x",
    fast: ["zero-sign"],
    apply: (node, g) =>
      is(node, "negate") && is(node.operands.x, "subtract")
        ? g.subtract(node.operands.x.operands.y, node.operands.x.operands.x)
        : undefined,
  }),
  defineRule({
    name: "double",
    equation: "x + x = 2 · x",
    apply: (node, g) =>
      is(node, "add") && node.operands.x === node.operands.y ? g.multiply(2, node.operands.x) : undefined,
  }),
  defineRule({
    name: "double-term",
    equation: "(y + x) + x = y + 2 · x, and (y − x) − x = y − 2 · x",
    fast: ["rounding", "overflow"],
    apply: (node, g) => {
      if (is(node, "subtract") && is(node.operands.x, "subtract")) {
        const { x: y, y: term } = node.operands.x.operands;
        return term === node.operands.y ? g.subtract(y, g.multiply(2, term)) : undefined;
      }
      if (!is(node, "add")) return undefined;
      return either(node, (sum, x) => {
        if (!is(sum, "add")) return undefined;
        return either(sum, (y, term) => (term === x && y !== x ? g.add(y, g.multiply(2, x)) : undefined));
      });
    },
  }),
  defineRule({
    name: "multiply-constants",
    equation: "c · (d · x) = (c · d) · x",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      if (!is(node, "multiply")) return undefined;
      return either(node, (outer, inner) => {
        const c = scalarOf(outer);
        const factor = constantFactor(inner);
        if (c === undefined || factor === undefined) return undefined;
        const product = normalProduct(c, factor.value, node);
        return product === undefined ? undefined : g.multiply(product, factor.rest);
      });
    },
  }),
  defineRule({
    name: "constant-outward",
    equation: "x · (c · y) = c · (x · y), and (c · x) · (d · y) = (c · d) · (x · y)",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      if (!is(node, "multiply")) return undefined;
      return either(node, (x, y) => {
        const right = constantFactor(y);
        if (right === undefined || scalarOf(x) !== undefined) return undefined;
        const left = constantFactor(x) ?? { value: 1, rest: x };
        const product = normalProduct(left.value, right.value, node);
        return product === undefined ? undefined : g.multiply(product, g.multiply(left.rest, right.rest));
      });
    },
  }),
  defineRule({
    name: "power-of-two",
    equation: "x² = x · x",
    fast: ["rounding"], // powers are not always rounded to the nearest number
    apply: (node, g) =>
      is(node, "power") && scalarOf(node.operands.y) === 2
        ? g.multiply(node.operands.x, node.operands.x)
        : undefined,
  }),
  defineRule({
    name: "power-of-constant",
    equation: "cˣ = exp(x · ln c), for a positive normal constant c",
    fast: ["rounding"],
    apply: (node, g) => {
      const c = is(node, "power") ? scalarOf(node.operands.x) : undefined;
      return is(node, "power") && c !== undefined && c > 0 && isNormal(c, node.type.element)
        ? g.exp(g.multiply(node.operands.y, Math.log(c)))
        : undefined;
    },
  }),
  defineRule({
    name: "power-of-one",
    equation: "x¹ = x",
    apply: (node) => (is(node, "power") && scalarOf(node.operands.y) === 1 ? node.operands.x : undefined),
  }),
  defineRule({
    name: "select-same",
    equation: "c ? x : x = x",
    apply: (node) =>
      is(node, "select") && node.operands.x === node.operands.y ? node.operands.x : undefined,
  }),
  defineRule({
    name: "choose-once",
    equation: "c ? (c ? x : y) · w : z = c ? x · w : z, and the same of quotients and of the other side",
    apply: (node, g) => {
      if (!is(node, "select")) return undefined;
      const { condition, x, y } = node.operands;
      const [first, second] = [withinSide(x, condition, "x", g), withinSide(y, condition, "y", g)];
      return first === x && second === y ? undefined : g.select(condition, first, second);
    },
  }),
  defineRule({
    name: "join-choices",
    equation: "(c ? x : y) + (c ? z : 0) = c ? x + z : y + 0, and the same with a 0 elsewhere",
    apply: (node, g) => {
      if (!is(node, "add") || !is(node.operands.x, "select") || !is(node.operands.y, "select"))
        return undefined;
      const [first, second] = [node.operands.x.operands, node.operands.y.operands];
      const sides = [first.x, first.y, second.x, second.y];
      if (first.condition !== second.condition || !sides.some((x) => scalarOf(x) === 0)) return undefined;
      return g.select(first.condition, g.add(first.x, second.x), g.add(first.y, second.y));
    },
  }),
  defineRule({
    name: "cast-same",
    equation: "x as its own type = x",
    apply: (node) =>
      is(node, "cast") && node.operands.x.type.element === node.attributes.element
        ? node.operands.x
        : undefined,
  }),
];
