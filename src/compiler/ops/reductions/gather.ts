/**
 * z[at, rest] = x[indices[at], rest]: rows of a table. dx is the scatter-add of dz to the rows that z reads.
 */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import { defineOp, integers, uniform } from "../define.ts";
import { staticSize } from "../shape-rules.ts";
import { elementAt, tensorOf } from "../tensor.ts";

export const gather = defineOp({
  name: "gather",
  traits: [],
  infer: ({ x, indices }) => {
    if (indices.element !== "i32") throw new TypeRefusal("indices must be integers (i32)");
    if (x.shape.length === 0) throw new TypeRefusal("a scalar has no rows");
    staticSize(x.shape[0], "gather");
    return tensorType(x.element, [...indices.shape, ...x.shape.slice(1)]);
  },
  vjp: ({ operands: { x, indices } }, dz, g) => ({
    x: g.scatterAdd(dz, indices, { size: Number(x.type.shape[0]) }),
    indices: null,
  }),
  lower: {
    kind: "element",
    element: ({ operands: { indices } }, at, read) => {
      const rank = indices.type.shape.length;
      return read.x([read.indices(at.slice(0, rank)), ...at.slice(rank)]);
    },
  },
  evaluate: ({ x, indices }, _, shape) => {
    const rank = indices.shape.length;
    return tensorOf(shape, (at) => elementAt(x, [elementAt(indices, at.slice(0, rank)), ...at.slice(rank)]));
  },
  samples: [
    { operands: { x: uniform([5, 2]), indices: integers(["n"], [4, 0, 4]) }, attributes: {} },
    { operands: { x: uniform([5]), indices: integers(["n", 2], [4, 0, 4, 1, 1, 1]) }, attributes: {} },
  ],
});
