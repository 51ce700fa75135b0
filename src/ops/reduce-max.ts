/**
 * z = max x over axes, which are gone from the result. dx = dz · [x = z] / (number of maxima): ties share evenly, as
 * PyTorch's amax has it.
 */
import { defineOp, uniform, values } from "./define.ts";
import { axesSizes, mergeAxes, reduceTensor } from "./reduction.ts";
import { reducedType } from "./shape-rules.ts";

export const reduceMax = defineOp({
  name: "reduceMax",
  traits: ["reduction"],
  infer: ({ x }, { axes }) => reducedType(x, axes),
  vjp: (z, dz, g) => {
    const { x } = z.operands;
    const { axes } = z.attributes;
    const isMaximum = g.equal(x, g.repeatAlong(z, axes, x.type.shape));
    const ties = g.reduceSum(g.cast(isMaximum, { element: x.type.element }), { axes });
    return { x: g.select(isMaximum, g.repeatAlong(g.divide(dz, ties), axes, x.type.shape), 0) };
  },
  lower: {
    kind: "reduce",
    combine: "maximum",
    extents: axesSizes,
    element: (node, at, along, read) => read.x(mergeAxes(node, at, along)),
  },
  evaluate: ({ x }, { attributes }, shape) => reduceTensor(x, attributes.axes, shape, -Infinity, Math.max),
  samples: [
    { operands: { x: uniform(["n", 3, 4]) }, attributes: { axes: [2] } },
    {
      operands: { x: values([2, 2], [1, 1, 3, 4]) },
      attributes: { axes: [1] },
      kink: { x: [0.5, 0.5, 0, 1] },
    },
  ],
});
