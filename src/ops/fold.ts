/**
 * The adjoint of `window`: z[i] = Σ x[o, k] over all o·stride + k·dilation = i. A transposed convolution is a
 * contraction followed by it. dx is the windows of dz.
 *
 * It is computed from the result's side: for each element, which (o, k) reach it, so that no two iterations write to
 * one place.
 */
import { sameShape, tensorType, TypeRefusal } from "../ir/types.ts";
import { and, equal, integer, less, lessEqual, minus, multiply, number, quotient, remainder, select } from "../loop/expressions.ts"; // prettier-ignore
import type { Expression } from "../loop/expressions.ts";
import { defineOp, uniform } from "./define.ts";
import { countOf, indicesOf, positionOf } from "./tensor.ts";
import { sourceIndex, windowsShape } from "./windows.ts";

export const fold = defineOp({
  name: "fold",
  traits: ["reduction", "linear"],
  infer: ({ x }, { shape, ...windows }) => {
    if (!sameShape(windowsShape(shape, windows), x.shape))
      throw new TypeRefusal(`[${x.shape.join()}] are not the windows of [${shape.join()}]`);
    return tensorType(x.element, shape);
  },
  vjp: ({ attributes: { axes, size, stride, dilation } }, dz, g) => ({
    x: g.window(dz, { axes, size, stride, dilation }),
  }),
  lower: {
    kind: "reduce",
    combine: "sum",
    extents: ({ attributes }) => attributes.size,
    element: ({ operands: { x }, attributes: { axes, stride, dilation } }, at, along, read) => {
      let reached: Expression = number(1, "bool");
      const position = [...at];
      axes.forEach((axis, i) => {
        // o = (i − k·dilation) / stride, which must be whole and one of the positions there are
        const offset = minus(at[axis], multiply(along[i], integer(dilation[i])));
        const count = Number(x.type.shape[axis]);
        reached = and(reached, lessEqual(integer(0), offset));
        if (stride[i] > 1) reached = and(reached, equal(remainder(offset, stride[i]), integer(0)));
        position[axis] = quotient(offset, stride[i]);
        reached = and(reached, less(offset, integer(count * stride[i])));
      });
      return select(reached, read.x([...position, ...along]), number(0, x.type.element));
    },
  },
  evaluate: ({ x }, { attributes }, shape) => {
    const data = new Float64Array(countOf(shape));
    for (const at of indicesOf(x.shape))
      data[positionOf(shape, sourceIndex(shape.length, attributes, at))] += x.data[positionOf(x.shape, at)];
    return { shape, data };
  },
  samples: [
    { operands: { x: uniform(["n", 3, 2, 3, 2]) }, attributes: { axes: [1, 2], size: [3, 2], stride: [1, 2], dilation: [1, 1], shape: ["n", 5, 4] } }, // prettier-ignore
    { operands: { x: uniform(["n", 2, 3]) }, attributes: { axes: [1], size: [3], stride: [2], dilation: [2], shape: ["n", 7] } }, // prettier-ignore
  ],
});
