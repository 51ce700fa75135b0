/**
 * Axis i of x becomes axis axes[i] of z, and x is repeated along the other axes of z. dx = Σ dz over those
 * other axes.
 */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import type { Shape } from "../../ir/types.ts";
import { defineOp, uniform } from "../define.ts";
import { checkAxes } from "../shape-rules.ts";
import { elementAt, tensorOf } from "../tensor.ts";

/** The axes along which a broadcast repeats. */
const repeatedAxes = ({
  shape,
  axes,
}: {
  readonly shape: Shape;
  readonly axes: readonly number[];
}): number[] => shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));

export const broadcast = defineOp({
  name: "broadcast",
  traits: ["view", "cheap", "linear"],
  infer: ({ x }, { shape, axes }) => {
    checkAxes(axes, shape.length);
    if (axes.length !== x.shape.length)
      throw new TypeRefusal("axes must contain one axis of the result for every axis of the operand");
    axes.forEach((axis, i) => {
      if (i > 0 && axes[i - 1] >= axis) throw new TypeRefusal("axes must be in ascending order");
      if (shape[axis] !== x.shape[i])
        throw new TypeRefusal(`axis ${i} has size ${x.shape[i]}, not ${shape[axis]}`);
    });
    return tensorType(x.element, shape);
  },
  vjp: ({ attributes }, dz, g) => ({ x: g.reduceSum(dz, { axes: repeatedAxes(attributes) }) }),
  lower: {
    kind: "element",
    element: ({ attributes }, at, read) => read.x(attributes.axes.map((axis) => at[axis])),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    tensorOf(shape, (at) =>
      elementAt(
        x,
        attributes.axes.map((axis) => at[axis]),
      ),
    ),
  samples: [
    { operands: { x: uniform([4]) }, attributes: { shape: ["n", 4], axes: [1] } },
    { operands: { x: uniform(["n"]) }, attributes: { shape: ["n", 2, 3], axes: [0] } },
    { operands: { x: uniform([]) }, attributes: { shape: [2, 2], axes: [] } },
  ],
});
