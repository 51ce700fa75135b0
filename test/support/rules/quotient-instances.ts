// Random left-hand sides of the rules in src/compiler/passes/rules/quotients.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

const factors = [2, 0.1, -3, 0.5, 1e5, -1.7, 7e-4];

/**
 * Divides by a repeated constant c: x / c, the same quotient repeated as a whole, or this quotient times a
 * tensor.
 */
function quotient(
  d: Draw,
  c: Node,
  shape: Shape,
  axes: readonly number[],
  form: "plain" | "whole" | "scaled",
) {
  if (form === "plain") return d.g.divide(d.leaf(shape), d.g.broadcast(c, { shape, axes }));
  const whole = d.g.broadcast(d.g.divide(d.leaf(c.type.shape), c), { shape, axes });
  return form === "whole" ? whole : d.either("multiply", whole, d.leaf(shape));
}

export const quotientInstances: Instances = {
  "cancel-constants": (d) => {
    const shape = d.shape();
    const [c, by] = [d.pick(factors), d.pick(factors)].map((factor) => d.constant(factor, shape));
    return d.either("multiply", c, d.g.divide(d.leaf(shape), d.either("multiply", by, d.leaf(shape))));
  },
  "mean-first": (d) => {
    const shape = [...d.fixedShape(1, 2), d.extent()];
    const sum = d.g.reduceSum(d.leaf(shape), { axes: [shape.length - 1] });
    const kept = sum.type.shape;
    const quotient = d.g.divide(sum, d.leaf(kept));
    if (d.chance(0.4)) return d.g.divide(quotient, d.constant(d.pick([2, 3, 8]), kept));
    const scalar = d.over(kept, []);
    return d.chance(0.5) ? d.g.divide(quotient, scalar) : d.either("multiply", quotient, scalar);
  },
  "reuse-quotient": (d) => {
    const shape = d.shape(2);
    const axes = d.someOf(d.axes(shape), 1);
    const repeat = (x: Node) => d.g.broadcast(x, { shape, axes });
    const c = d.leaf(axes.map((axis) => shape[axis]));
    const x = d.leaf(shape);
    const product = d.either("multiply", d.leaf(shape), d.g.divide(x, repeat(c)));
    const others = d.axes(shape).filter((axis) => !axes.includes(axis));
    const sum = d.g.reduceSum(product, { axes: others });
    return d.either("multiply", repeat(d.g.divide(sum, c)), x);
  },
  "join-quotients": (d) => {
    const shape = d.shape();
    const axes = d.subset(d.axes(shape));
    const c = d.leaf(axes.map((axis) => shape[axis]));
    // At least one of the two quotients is plain.
    const other = d.pick(["plain", "whole", "scaled"] as const);
    const terms = (["plain", other] as const).map((form) => quotient(d, c, shape, axes, form));
    return d.g.make(d.pick(["add", "subtract"]), d.shuffled(terms), {});
  },
  "divide-factor": (d) => {
    const shape = d.shape();
    const axes = d.subset(d.axes(shape));
    return d.g.divide(d.either("multiply", d.over(shape, axes), d.leaf(shape)), d.over(shape, axes));
  },
  "factor-repeated": (d) => {
    const shape = d.shape();
    const axes = d.subset(d.axes(shape));
    const repeat = (x: Node) => d.g.broadcast(x, { shape, axes });
    const small = () => d.leaf(axes.map((axis) => shape[axis]));
    const c = d.chance(0.6) ? small() : d.g.divide(small(), small());
    const within = () => {
      if (c.op !== "divide" || d.chance(0.5)) return d.either("multiply", c, small());
      return d.g.divide(d.either("multiply", c.operands.x, small()), c.operands.y);
    };
    const product = repeat(within());
    const terms = [
      d.either("multiply", repeat(c), d.leaf(shape)),
      d.chance(0.3) ? product : d.either("multiply", product, d.leaf(shape)),
    ];
    return d.g.make(d.pick(["add", "subtract"]), d.shuffled(terms), {});
  },
};
