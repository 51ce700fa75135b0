/**
 * z = the position of the largest x along `axes`, which the result does not have. If several elements are
 * equally large, z is the first of their positions. A position is the row-major index along the axes, in
 * their order: k₀ for one axis, k₀ · size₁ + k₁ for two. Gradients are not propagated.
 *
 * The op is primitive, because comparing x with its maximum is unsafe: one of the two may be rounded and the
 * other not.
 */
import { tensorType } from "../../ir/types.ts";
import { defineOp, uniform, values } from "../define.ts";
import { axesSizes, mergeAxes, reduceElements } from "./reduction.ts";
import { reducedType } from "../shape-rules.ts";

export const argMax = defineOp({
  name: "argMax",
  traits: ["reduction", "axes"],
  infer: ({ x }, { axes }) => tensorType("i32", reducedType(x, axes).shape),
  vjp: () => ({ x: null }),
  lower: {
    kind: "reduce",
    combine: "place of maximum",
    extents: axesSizes,
    element: (node, at, along, read) => read.x(mergeAxes(node, at, along)),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    reduceElements(x, attributes.axes, shape, (elements) =>
      elements.reduce((best, value, index) => (elements[best] < value ? index : best), 0),
    ),
  samples: [
    { operands: { x: uniform(["n", 3, 4]) }, attributes: { axes: [2] } },
    { operands: { x: uniform(["n", 3, 2, 2]) }, attributes: { axes: [1, 3] } },
    { operands: { x: uniform(["n", 3]) }, attributes: { axes: [0, 1] } },
    { operands: { x: uniform([2, "n"]) }, attributes: { axes: [0, 1] } },
    { operands: { x: values([2, 3], [1, 4, 4, 3, 3, 2]) }, attributes: { axes: [1] } },
  ],
});
