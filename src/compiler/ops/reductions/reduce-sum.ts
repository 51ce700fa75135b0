/** z = Σ x along `axes`, which the result does not have. dx = dz, repeated along these axes. */
import { defineOp, uniform } from "../define.ts";
import { axesSizes, mergeAxes, reduceTensor } from "./reduction.ts";
import { reducedType } from "../shape-rules.ts";

export const reduceSum = defineOp({
  name: "reduceSum",
  traits: ["reduction", "axes"],
  infer: ({ x }, { axes }) => reducedType(x, axes),
  vjp: ({ operands: { x }, attributes }, dz, g) => ({ x: g.repeatAlong(dz, attributes.axes, x.type.shape) }),
  lower: {
    kind: "reduce",
    combine: "sum",
    extents: axesSizes,
    element: (node, at, along, read) => read.x(mergeAxes(node, at, along)),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    reduceTensor(x, attributes.axes, shape, 0, (sum, value) => sum + value),
  samples: [
    { operands: { x: uniform(["n", 3, 4]) }, attributes: { axes: [1] } },
    { operands: { x: uniform(["n", 3]) }, attributes: { axes: [0, 1] } },
    { operands: { x: uniform([3, "n", 2]) }, attributes: { axes: [1] } },
  ],
});
