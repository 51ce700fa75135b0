/**
 * z = max x along `axes`, which the result does not have. dx = dz · [index = argmax x]: if several elements
 * are equally large, only the first gets the gradient, as in PyTorch's max pooling and `max` along an axis.
 */
import { nameHint } from "../../ir/names.ts";
import { defineOp, uniform, values } from "../define.ts";
import { axesSizes, mergeAxes, indicesAlong, reduceTensor } from "./reduction.ts";
import { reducedType } from "../shape-rules.ts";

export const reduceMax = defineOp({
  name: "reduceMax",
  traits: ["reduction", "axes"],
  infer: ({ x }, { axes }) => reducedType(x, axes),
  vjp: (z, dz, g) => {
    const { x } = z.operands;
    const { axes } = z.attributes;
    if (axes.length === 0) return { x: dz };
    const { shape } = x.type;
    const index = g.named(`place_of_${nameHint(z)}`, g.argMax(x, { axes }));
    const isLargest = g.equal(indicesAlong(g, shape, axes), g.repeatAlong(index, axes, shape));
    return { x: g.select(isLargest, g.repeatAlong(dz, axes, shape), 0) };
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
    { operands: { x: uniform(["n", 2, 3, 2]) }, attributes: { axes: [1, 3] } },
    { operands: { x: uniform([2, "n"]) }, attributes: { axes: [0, 1] } },
    {
      operands: { x: values([3, 2], [1, 1, 3, 4, 5, 2]) },
      attributes: { axes: [1] },
      kink: { x: [1, 0, 0, 1, 1, 0] },
    },
  ],
});
