/**
 * The adjoint of `window`: z[o·stride + k·dilation] = Σ x[o, k]. A transposed convolution is a contraction
 * followed by a fold. dx = the windows of dz.
 *
 * The loop visits the elements of the windows and adds each to its target, so it never has to find the
 * windows that contain a position.
 */
import { sameShape, tensorType, TypeRefusal } from "../../ir/types.ts";
import { defineOp, uniform } from "../define.ts";
import { countOf, indicesOf, positionOf } from "../tensor.ts";
import { sourceIndex, windowExpressions, windowsShape } from "./windows.ts";

export const fold = defineOp({
  name: "fold",
  traits: ["reduction", "linear"],
  infer: ({ x }, { shape, ...windows }) => {
    if (!sameShape(windowsShape(shape, windows), x.shape))
      throw new TypeRefusal(`[${x.shape.join()}] is not the shape of the windows of [${shape.join()}]`);
    return tensorType(x.element, shape);
  },
  vjp: ({ attributes: { axes, size, stride, dilation } }, dz, g) => ({
    x: g.window(dz, { axes, size, stride, dilation }),
  }),
  lower: {
    kind: "scatter",
    extents: ({ operands: { x } }) => x.type.shape,
    target: ({ attributes }, along) => windowExpressions(attributes.shape.length, attributes, along),
    element: (_, along, read) => read.x(along),
  },
  evaluate: ({ x }, { attributes }, shape) => {
    const data = new Float64Array(countOf(shape));
    for (const at of indicesOf(x.shape))
      data[positionOf(shape, sourceIndex(shape.length, attributes, at))] += x.data[positionOf(x.shape, at)];
    return { shape, data };
  },
  samples: [
    {
      operands: { x: uniform(["n", 3, 2, 3, 2]) },
      attributes: { axes: [1, 2], size: [3, 2], stride: [1, 2], dilation: [1, 1], shape: ["n", 5, 4] },
    },
    {
      operands: { x: uniform(["n", 2, 3]) },
      attributes: { axes: [1], size: [3], stride: [2], dilation: [2], shape: ["n", 7] },
    },
  ],
});
