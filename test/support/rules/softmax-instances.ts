// Random left-hand sides of the rules in src/compiler/passes/rules/softmax.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

/** Returns a random e, Σ e along some axes, and a function that repeats the sum to the shape of e. */
function sumOf(d: Draw) {
  const shape = d.shape(1);
  const axes = d.someOf(d.axes(shape), 1);
  const e = d.leaf(shape);
  const kept = d.axes(shape).filter((axis) => !axes.includes(axis));
  const sum = d.g.reduceSum(e, { axes });
  return { shape, e, sum, repeat: (x: Node) => d.g.broadcast(x, { shape, axes: kept }) };
}

export const softmaxInstances: Instances = {
  "normalise-quotient": (d) => {
    const { shape, e, sum, repeat } = sumOf(d);
    return d.either("multiply", d.g.divide(d.leaf(shape), repeat(sum)), e);
  },
  "normalise-exponentials": (d) => {
    const { e, sum, repeat } = sumOf(d);
    return d.either("multiply", repeat(d.g.divide(d.leaf(sum.type.shape), sum)), e);
  },
  "common-factor": (d) => {
    const shape = d.shape();
    const c = d.chance(0.5) ? d.leaf(shape) : d.over(shape, d.subset(d.axes(shape)));
    const products = [d.leaf(shape), d.leaf(shape)].map((x) => d.either("multiply", c, x));
    return d.g.make(d.pick(["add", "subtract"]), products, {});
  },
  "softmax-cross-entropy": (d) => {
    const shape = d.shape();
    const c = d.chance(0.3) ? d.leaf(shape) : d.over(shape, d.subset(d.axes(shape)));
    const chosen = d.g.select(d.condition(shape), c, d.constant(d.pick([0, -0]), shape));
    return d.g.subtract(d.either("multiply", c, d.leaf(shape)), chosen);
  },
};
