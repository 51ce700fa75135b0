// Random recurrences for random graphs. A recurrence has one sequence, one or two carried values, and
// operands that each step reads as a whole. They are combined in all ways that lowering and differentiation
// treat differently.
import type { GraphBuilder } from "../../src/compiler/ir/builder.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { carried, each, recur, timeAxisOf, whole } from "../../src/compiler/ir/recurrence.ts";

/** A function that returns `y` in the shape of `x`. */
export type Fit = (g: GraphBuilder, x: Node, y: Node) => Node;

interface Parts {
  readonly x: Node;
  readonly h: Node;
  readonly c: Node;
  /** An operand of any shape, with or without a batch axis. */
  readonly w: Node;
  readonly count: Node;
}

interface Made {
  readonly h: Node;
  readonly c: Node;
  readonly value: Node;
}

/**
 * h · w over the first pair of axes of equal size; without such a pair, the elementwise product. The result
 * has the shape of h.
 */
function product(g: GraphBuilder, h: Node, w: Node, fit: Fit): Node {
  const { shape } = h.type;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const other = w.type.shape.findIndex((size) => size === shape[axis] && size !== "n");
    if (other < 0) continue;
    const batchOfH = shape.indexOf("n");
    const batchOfW = w.type.shape.indexOf("n");
    const isShared = batchOfH >= 0 && batchOfW >= 0;
    const sum = g.contract(h, w, {
      batchX: isShared ? [batchOfH] : [],
      batchY: isShared ? [batchOfW] : [],
      sumX: [axis],
      sumY: [other],
    });
    return fit(g, h, g.tanh(sum));
  }
  return g.multiply(h, fit(g, h, w));
}

const score = (g: GraphBuilder, x: Node): Node =>
  g.reduceSum(g.sin(x), { axes: x.type.shape.map((_, axis) => axis) });

const steps: readonly ((g: GraphBuilder, parts: Parts, fit: Fit) => Made)[] = [
  (g, { x, h, c, w }, fit) => {
    const next = g.tanh(g.add(x, product(g, h, w, fit)));
    return { h: next, c, value: g.multiply(next, x) };
  },
  // Two carried values that are swapped.
  (g, { x, h, c }) => ({ h: c, c: h, value: g.multiply(g.sin(h), x) }),
  (g, { x, h, c }) => ({ h: g.tanh(g.add(c, x)), c: h, value: g.subtract(h, c) }),
  // A gate: one carried value influences the result only through the other one.
  (g, { x, h, c, w }, fit) => {
    const gate = g.sigmoid(product(g, h, w, fit));
    const kept = g.add(g.multiply(gate, c), g.multiply(g.subtract(1, gate), g.sin(x)));
    return { h: g.tanh(kept), c: kept, value: g.tanh(kept) };
  },
  // A carried value that nothing reads.
  (g, { x, h, c }) => ({ h: g.multiply(0.5, g.add(h, g.sin(x))), c: g.cos(c), value: h }),
  // Results that are arguments of the step.
  (g, { x, h, c }) => ({ h: g.add(g.multiply(h, 0.5), x), c, value: h }),
  (_, { x, h, c }) => ({ h, c, value: x }),
  // An integer operand with one number per step.
  (g, { x, h, c, count }) => {
    const number = g.multiply(g.cast(count, { element: x.type.element }), 0.1);
    return { h: g.tanh(g.add(h, number)), c, value: g.multiply(h, g.select(g.less(count, 1), x, 0.3)) };
  },
  // Sums over all elements of a value, which are the same for every row.
  (g, { x, h, c, w }, fit) => {
    const total = g.multiply(0.1, g.broadcastTo(score(g, h), x.type.shape));
    return { h: g.tanh(g.add(x, total)), c, value: g.multiply(fit(g, x, g.sin(w)), h) };
  },
  // A value that depends only on the operand that is read as a whole, and another one that is the same at
  // every step.
  (g, { x, h, c, w }, fit) => ({ h: g.sin(fit(g, h, w)), c, value: g.add(h, g.exp(g.sin(fit(g, x, w)))) }),
  // A nested recurrence in the step, along the next axis.
  (g, parts, fit) => {
    const { x, h, c, w } = parts;
    const inner = randomRecurrence(g, x, h, 1, 0, fit);
    if (inner === undefined) return { h: g.tanh(h), c, value: g.multiply(x, fit(g, x, w)) };
    return { h: g.tanh(g.add(h, inner)), c, value: g.multiply(inner, fit(g, x, w)) };
  },
];

/** A recurrence along the time axis of `x`, starting from `y`; undefined if `x` has no such axis. */
export function randomRecurrence(
  g: GraphBuilder,
  x: Node,
  y: Node,
  a: number,
  b: number,
  fit: Fit,
): Node | undefined {
  const { element, shape } = x.type;
  const axis = timeAxisOf(shape);
  const length = shape[axis];
  if (length === undefined || length === "n" || shape.lastIndexOf("n") > 0) return undefined;
  const first = g.reduceSum(x, { axes: [axis] });
  const step = steps[b % steps.length];
  const count = g.iota({ shape, axis });
  const given = {
    x: each(x),
    h: carried(fit(g, first, y)),
    c: carried(a % 3 === 0 ? g.broadcastTo(g.number(0.5, element), first.type.shape) : first),
    w: whole(y),
    count: each(count),
  };
  return recur(g, { name: "step", length, reverse: a % 2 === 1 }, given, (parts) => {
    const made = step(g, parts, fit);
    return { next: { h: made.h, c: made.c }, value: made.value };
  });
}
