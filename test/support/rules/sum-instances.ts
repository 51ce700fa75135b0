// Random left-hand sides of the rules in src/compiler/passes/rules/sums.ts.
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import type { Draw } from "../draw.ts";
import type { Instances } from "./arithmetic-instances.ts";

/**
 * A value to be summed, and the axes of the sum. Some axes are not summed, for operands that do not vary
 * along the sum.
 */
function summed(
  d: Draw,
  minRank = d.chance(0.7) ? 2 : 1,
): { readonly shape: Shape; readonly axes: number[]; readonly kept: number[] } {
  const shape = d.shape(minRank, Math.max(minRank, 3));
  const axes = d.someOf(d.axes(shape), 1);
  return { shape, axes, kept: d.axes(shape).filter((axis) => !axes.includes(axis)) };
}

/** The mean as Σ y / N, or as Σ y · (1 / N) if the number of terms N depends on the number of rows. */
function meanOf(d: Draw, sum: Node, shape: Shape, axes: readonly number[]): Node {
  const sizes = axes.map((axis) => shape[axis]);
  const fixed = sizes.reduce<number>((product, size) => (size === "n" ? product : product * size), 1);
  if (!sizes.includes("n")) return d.g.divide(sum, fixed);
  const rows = d.g.batchSize({ element: d.g.float });
  const count = fixed === 1 ? rows : d.either("multiply", rows, d.g.number(fixed));
  return d.chance(0.5) ? d.g.divide(sum, count) : d.g.multiply(sum, d.g.divide(1, count));
}

export const sumInstances: Instances = {
  "sum-of-repeated": (d) => {
    const { shape, axes, kept } = summed(d);
    const repeated = d.someOf(axes, 1);
    const own = d.subset(kept);
    const x = d.over(
      shape,
      d.axes(shape).filter((axis) => own.includes(axis) || (axes.includes(axis) && !repeated.includes(axis))),
    );
    return d.g.reduceSum(x, { axes: d.shuffled(axes) });
  },
  "sum-of-nothing": (d) => d.g.reduceSum(d.leaf(d.shape()), { axes: [] }),
  "negate-out-of-sum": (d) => {
    const { shape, axes } = summed(d);
    return d.g.reduceSum(d.g.negate(d.leaf(shape)), { axes: d.shuffled(axes) });
  },
  "divisor-out-of-sum": (d) => {
    const { shape, axes, kept } = summed(d, 4); // many terms, so that underflow errors of quotients add up
    return d.g.reduceSum(d.g.divide(d.leaf(shape), d.over(shape, d.subset(kept))), {
      axes: d.shuffled(axes),
    });
  },
  "factor-out-of-sum": (d) => {
    const { shape, axes, kept } = summed(d, 4); // many terms, so that underflow errors of products add up
    if (d.chance(0.5)) {
      const scaled = d.either("multiply", d.over(shape, d.subset(kept)), d.leaf(shape));
      return d.g.reduceSum(scaled, { axes: d.shuffled(axes) });
    }
    const all = d.shape(2, 3);
    const own = d.someOf(d.axes(all), 1);
    const inner = d.either("multiply", d.over(all, own), d.leaf(all));
    const others = d.axes(all).filter((axis) => !own.includes(axis));
    return d.g.reduceSum(d.either("multiply", inner, d.leaf(all)), { axes: d.shuffled(others) });
  },
  "drop-centred-term": (d) => {
    const { shape, axes, kept } = summed(d);
    const y = d.leaf(shape);
    const sum = d.g.reduceSum(y, { axes });
    const centred = d.g.subtract(y, d.g.broadcast(meanOf(d, sum, shape, axes), { shape, axes: kept }));
    const fixed = () => d.over(shape, d.subset(kept));
    const term = d.pick([
      () => centred,
      () => d.either("multiply", fixed(), centred),
      () => d.g.divide(centred, fixed()),
      () => d.g.negate(centred),
    ])();
    const terms = d.shuffled([d.leaf(shape), term]);
    return d.g.reduceSum(d.g.make(d.pick(["add", "subtract"]), terms, {}), { axes: d.shuffled(axes) });
  },
};
