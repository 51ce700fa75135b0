/** z joins x and y along an axis, x first. dx and dy are the corresponding slices of dz. */
import { sameShape, tensorType, TypeRefusal, typeText } from "../../ir/types.ts";
import type { Shape } from "../../ir/types.ts";
import { add, integer, less, select } from "../../loop/expressions.ts";
import { defineOp, uniform } from "../define.ts";
import { checkAxes, staticSize } from "../shape-rules.ts";
import { elementAt, tensorOf } from "../tensor.ts";

const shifted = (shape: Shape, axis: number, by: number): number[] =>
  shape.map((_, i) => (i === axis ? by : 0));

export const concat = defineOp({
  name: "concat",
  traits: ["view", "chooses", "linear"],
  infer: ({ x, y }, { axis }) => {
    checkAxes([axis], x.shape.length);
    const otherSizes = (shape: Shape) => shape.filter((_, i) => i !== axis);
    if (
      x.element !== y.element ||
      x.shape.length !== y.shape.length ||
      !sameShape(otherSizes(x.shape), otherSizes(y.shape))
    )
      throw new TypeRefusal(`${typeText(x)} and ${typeText(y)} cannot be concatenated along axis ${axis}`);
    const size = staticSize(x.shape[axis], "concat") + staticSize(y.shape[axis], "concat");
    return tensorType(
      x.element,
      x.shape.map((d, i) => (i === axis ? size : d)),
    );
  },
  vjp: ({ operands: { x, y }, attributes: { axis } }, dz, g) => ({
    x: g.slice(dz, { start: shifted(x.type.shape, axis, 0), shape: x.type.shape }),
    y: g.slice(dz, { start: shifted(x.type.shape, axis, Number(x.type.shape[axis])), shape: y.type.shape }),
  }),
  lower: {
    kind: "element",
    element: ({ operands: { x }, attributes: { axis } }, at, read) => {
      const size = Number(x.type.shape[axis]);
      const inY = at.map((i, a) => (a === axis ? add(i, integer(-size)) : i));
      return select(less(at[axis], integer(size)), read.x(at), read.y(inY));
    },
    pieces: ({ operands: { x, y }, attributes: { axis } }) => [
      { node: x, start: shifted(x.type.shape, axis, 0) },
      { node: y, start: shifted(x.type.shape, axis, Number(x.type.shape[axis])) },
    ],
  },
  evaluate: ({ x, y }, { attributes: { axis } }, shape) =>
    tensorOf(shape, (at) => {
      const beyond = at[axis] - x.shape[axis];
      return beyond < 0
        ? elementAt(x, at)
        : elementAt(
            y,
            at.map((i, a) => (a === axis ? beyond : i)),
          );
    }),
  samples: [{ operands: { x: uniform(["n", 2, 3]), y: uniform(["n", 4, 3]) }, attributes: { axis: 1 } }],
});
