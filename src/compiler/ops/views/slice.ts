/**
 * z[at] = x[at + start], a box of x. dx = dz, padded with zeros. A slice always has all rows of the batch.
 */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import { add, integer } from "../../loop/expressions.ts";
import { defineOp, uniform } from "../define.ts";
import { elementAt, tensorOf } from "../tensor.ts";

/** The number of elements after the box along an axis. */
const after = (whole: Dimension, start: number, size: Dimension): number =>
  whole === "n" || size === "n" ? 0 : whole - start - size;

function check(x: Shape, start: readonly number[], shape: Shape): void {
  if (start.length !== x.length || shape.length !== x.length)
    throw new TypeRefusal("the slice must have a range for every axis");
  x.forEach((dimension, axis) => {
    const fits =
      dimension === "n" || shape[axis] === "n"
        ? dimension === shape[axis] && start[axis] === 0
        : start[axis] >= 0 && shape[axis] >= 1 && start[axis] + shape[axis] <= dimension;
    if (!fits) throw new TypeRefusal(`the slice exceeds axis ${axis} of size ${dimension}`);
  });
}

export const slice = defineOp({
  name: "slice",
  traits: ["view", "linear"],
  infer: ({ x }, { start, shape }) => {
    check(x.shape, start, shape);
    return tensorType(x.element, shape);
  },
  vjp: ({ operands: { x }, attributes: { start, shape } }, dz, g) => ({
    x: g.pad(dz, {
      before: start,
      after: shape.map((size, axis) => after(x.type.shape[axis], start[axis], size)),
      value: 0,
    }),
  }),
  lower: {
    kind: "element",
    element: ({ attributes }, at, read) =>
      read.x(at.map((i, axis) => add(i, integer(attributes.start[axis])))),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    tensorOf(shape, (at) =>
      elementAt(
        x,
        at.map((i, axis) => i + attributes.start[axis]),
      ),
    ),
  samples: [{ operands: { x: uniform(["n", 5, 3]) }, attributes: { start: [0, 1, 2], shape: ["n", 3, 1] } }],
});
