/** Rules that bring the derivatives of log-sum-exp and softmax to their textbook form. */
import type { Node } from "../../ir/nodes.ts";
import { defineRule, either, is, scalarOf } from "./define.ts";

/**
 * Whether `sum` is a sum of e over axes, possibly with a correction that keeps a divisor nonzero. A broadcast
 * of `sum` to the shape of e repeats it along these axes.
 */
const isSumOf = (sum: Node, e: Node): boolean =>
  is(sum, "add")
    ? isSumOf(sum.operands.x, e) || isSumOf(sum.operands.y, e)
    : is(sum, "reduceSum") && sum.operands.x === e;

export const softmaxRules = [
  defineRule({
    name: "normalise-quotient",
    equation: "(x / Σe) · e = x · (e / Σe)",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (quotient, e) => {
        if (!is(quotient, "divide") || !is(quotient.operands.y, "broadcast")) return undefined;
        const { x, y: sum } = quotient.operands;
        if (!isSumOf(sum.operands.x, e)) return undefined;
        return g.multiply(x, g.named("softmax", g.divide(e, sum)));
      }),
  }),
  defineRule({
    name: "normalise-exponentials",
    equation: "(c / Σe) · e = c · (e / Σe)",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (repeated, e) => {
        if (!is(repeated, "broadcast") || !is(repeated.operands.x, "divide")) return undefined;
        const { x: c, y: sum } = repeated.operands.x.operands;
        if (!isSumOf(sum, e)) return undefined;
        const softmax = g.named("softmax", g.divide(e, g.broadcast(sum, repeated.attributes)));
        return g.multiply(g.broadcast(c, repeated.attributes), softmax);
      }),
  }),
  defineRule({
    name: "common-factor",
    equation: "c · x ± c · y = c · (x ± y)",
    root: ["subtract", "add"],
    fast: ["rounding", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      const { x, y } = node.operands;
      if (!is(x, "multiply") || !is(y, "multiply")) return undefined;
      return either(x, (c, a) =>
        either(y, (d, b) => {
          if (c !== d) return undefined;
          return g.multiply(c, is(node, "add") ? g.add(a, b) : g.subtract(a, b));
        }),
      );
    },
  }),
  defineRule({
    name: "softmax-cross-entropy",
    equation: "c · softmax − c · [m] = c · (softmax − [m])",
    root: "subtract",
    fast: ["rounding", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      if (!is(node.operands.y, "select")) return undefined;
      const { x: product, y: choice } = node.operands;
      const { condition, x: chosen, y: otherwise } = choice.operands;
      if (!is(product, "multiply") || scalarOf(otherwise) !== 0) return undefined;
      return either(product, (c, softmax) => {
        if (c !== chosen) return undefined;
        return g.multiply(c, g.subtract(softmax, g.cast(condition, { element: c.type.element })));
      });
    },
  }),
];
