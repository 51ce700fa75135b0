/** Rules for choices between two values. Equations write `select` c, x, y as c ? x : y. */
import { withOperands } from "../../ir/builder.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineRule, either, is, scalarOf } from "./define.ts";
import { isNeverZero } from "./ranges.ts";

/** The maximum depth, in operations, of the search for inner choices. */
const deepestChoice = 3;

/**
 * Returns `x` with each inner choice on the same condition replaced by the given side. The search passes
 * through products, quotients and minus signs.
 */
function withinSide(x: Node, condition: Node, side: "x" | "y", g: GraphBuilder, depth = 0): Node {
  if (is(x, "select") && x.operands.condition === condition) return x.operands[side];
  if (depth === deepestChoice || !(is(x, "multiply") || is(x, "divide") || is(x, "negate"))) return x;
  const operands = operandsOf(x);
  const images = operands.map((operand) => withinSide(operand, condition, side, g, depth + 1));
  return images.every((image, i) => image === operands[i]) ? x : withOperands(g, x, images);
}

export const choiceRules = [
  defineRule({
    name: "select-same",
    equation: "c ? x : x = x",
    root: "select",
    apply: (node) => (node.operands.x === node.operands.y ? node.operands.x : undefined),
  }),
  defineRule({
    name: "choose-once",
    equation: "c ? (c ? x : y) · w : z = c ? x · w : z, and the same for quotients and for the other side",
    root: "select",
    apply: (node, g) => {
      const { condition, x, y } = node.operands;
      const [first, second] = [withinSide(x, condition, "x", g), withinSide(y, condition, "y", g)];
      return first === x && second === y ? undefined : g.select(condition, first, second);
    },
  }),
  defineRule({
    name: "choose-nonzero",
    equation: "x = 0 ? y : z = z, where x is never 0",
    root: "select",
    apply: (node) => {
      if (!is(node.operands.condition, "equal")) return undefined;
      const { condition, y } = node.operands;
      return either(condition, (x, zero) => (scalarOf(zero) === 0 && isNeverZero(x) ? y : undefined));
    },
  }),
  defineRule({
    name: "join-choices",
    equation: "(c ? x : y) ± (c ? z : 0) = c ? x ± z : y ± 0, and the same with the 0 in another position",
    root: ["add", "subtract"],
    apply: (node, g) => {
      const { x: left, y: right } = node.operands;
      if (!is(left, "select") || !is(right, "select")) return undefined;
      const [first, second] = [left.operands, right.operands];
      const sides = [first.x, first.y, second.x, second.y];
      if (first.condition !== second.condition || !sides.some((x) => scalarOf(x) === 0)) return undefined;
      const joined = (x: Node, y: Node) => (is(node, "add") ? g.add(x, y) : g.subtract(x, y));
      return g.select(first.condition, joined(first.x, second.x), joined(first.y, second.y));
    },
  }),
  defineRule({
    name: "negate-choice",
    equation: "c ? −x : 0 = −(c ? x : 0), and the same with the 0 on the other side",
    root: "select",
    fast: ["zero-sign"],
    apply: (node, g) => {
      const { condition, x, y } = node.operands;
      if (scalarOf(y) === 0 && is(x, "negate")) return g.negate(g.select(condition, x.operands.x, 0));
      if (scalarOf(x) === 0 && is(y, "negate")) return g.negate(g.select(condition, 0, y.operands.x));
      return undefined;
    },
  }),
];
