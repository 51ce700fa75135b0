// Random left-hand sides of the rules in src/compiler/passes/rules/softmax.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

/** e, Σ e along some axes, and what repeats the sum over e's shape. */
function sumOf(d: Draw) {
  const shape = d.shape(1);
  const axes = d.someOf(d.axes(shape), 1);
  const e = d.leaf(shape);
  const kept = d.axes(shape).filter((axis) => !axes.includes(axis));
  const sum = d.g.reduceSum(e, { axes });
  return { shape, e, sum, repeat: (x: Node) => d.g.broadcast(x, { shape, axes: kept }) };
}

/** x / c for a repeated c, or the same quotient repeated as a whole. */
function quotient(d: Draw, c: Node, shape: Shape, axes: readonly number[], isRepeated: boolean): Node {
  if (isRepeated) return d.g.broadcast(d.g.divide(d.leaf(c.type.shape), c), { shape, axes });
  return d.g.divide(d.leaf(shape), d.g.broadcast(c, { shape, axes }));
}

export const softmaxInstances: Instances = {
  "join-quotients": (d) => {
    const shape = d.shape();
    const axes = d.subset(d.axes(shape));
    const c = d.leaf(axes.map((axis) => shape[axis]));
    // At most one of the two is repeated as a whole.
    const terms = [d.chance(0.4), false].map((isRepeated) => quotient(d, c, shape, axes, isRepeated));
    return d.g.make(d.pick(["add", "subtract"]), d.shuffled(terms), {});
  },
  "normalise-quotient": (d) => {
    const { shape, e, sum, repeat } = sumOf(d);
    return d.either("multiply", d.g.divide(d.leaf(shape), repeat(sum)), e);
  },
  "normalise-exponentials": (d) => {
    const { e, sum, repeat } = sumOf(d);
    return d.either("multiply", repeat(d.g.divide(d.leaf(sum.type.shape), sum)), e);
  },
  "factor-difference": (d) => {
    const shape = d.shape();
    const c = d.chance(0.5) ? d.leaf(shape) : d.over(shape, d.subset(d.axes(shape)));
    const products = [d.leaf(shape), d.leaf(shape)].map((x) => d.either("multiply", c, x));
    return d.g.make(d.pick(["add", "subtract"]), products, {});
  },
  "negate-choice": (d) => {
    const shape = d.shape();
    return d.g.select(d.condition(shape), d.g.negate(d.leaf(shape)), d.constant(d.pick([0, -0]), shape));
  },
  "softmax-cross-entropy": (d) => {
    const shape = d.shape();
    const c = d.chance(0.3) ? d.leaf(shape) : d.over(shape, d.subset(d.axes(shape)));
    const chosen = d.g.select(d.condition(shape), c, d.constant(d.pick([0, -0]), shape));
    return d.g.subtract(d.either("multiply", c, d.leaf(shape)), chosen);
  },
};
