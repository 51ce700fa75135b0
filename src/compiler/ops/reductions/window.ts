/**
 * Sliding windows. Each of `axes` becomes an axis of window positions o, and a new axis at the end has the
 * offsets k within the window: z[…o…, …k…] = x[…o·stride + k·dilation…]. Convolution is a contraction over k,
 * and pooling is a reduction over k. dx is a fold of dz: each element of dx is the sum of its cotangents in
 * all windows that contain it.
 */
import { tensorType } from "../../ir/types.ts";
import { defineOp, uniform } from "../define.ts";
import { elementAt, tensorOf } from "../tensor.ts";
import { sourceIndex, windowExpressions, windowsShape } from "./windows.ts";

export const window = defineOp({
  name: "window",
  traits: ["view", "linear"],
  infer: ({ x }, attributes) => tensorType(x.element, windowsShape(x.shape, attributes)),
  vjp: ({ operands: { x }, attributes }, dz, g) => ({
    x: g.fold(dz, { ...attributes, shape: x.type.shape }),
  }),
  lower: {
    kind: "element",
    element: ({ operands: { x }, attributes }, at, read) =>
      read.x(windowExpressions(x.type.shape.length, attributes, at)),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    tensorOf(shape, (at) => elementAt(x, sourceIndex(x.shape.length, attributes, at))),
  samples: [
    {
      operands: { x: uniform(["n", 5, 4]) },
      attributes: { axes: [1, 2], size: [3, 2], stride: [1, 2], dilation: [1, 1] },
    },
    { operands: { x: uniform(["n", 7]) }, attributes: { axes: [1], size: [3], stride: [2], dilation: [2] } },
  ],
});
