/**
 * z[indices[at], rest] = Σ x[at, rest]: adds each row of x to the row of z at its index. It is the adjoint of
 * `gather`. dx contains the rows of dz at the indices.
 */
import { sameShape, tensorType, TypeRefusal } from "../../ir/types.ts";
import { defineOp, integers, uniform } from "../define.ts";
import { countOf, elementAt, indicesOf, positionOf } from "../tensor.ts";

export const scatterAdd = defineOp({
  name: "scatterAdd",
  traits: ["reduction"],
  infer: ({ x, indices }, { size }) => {
    if (indices.element !== "i32") throw new TypeRefusal("indices must be integers (i32)");
    const rank = indices.shape.length;
    if (!sameShape(x.shape.slice(0, rank), indices.shape)) throw new TypeRefusal("every row needs an index");
    return tensorType(x.element, [size, ...x.shape.slice(rank)]);
  },
  vjp: ({ operands: { indices } }, dz, g) => ({ x: g.gather(dz, indices), indices: null }),
  lower: {
    kind: "scatter",
    extents: ({ operands: { x } }) => x.type.shape,
    target: ({ operands: { indices } }, along, read) => {
      const rank = indices.type.shape.length;
      return [read.indices(along.slice(0, rank)), ...along.slice(rank)];
    },
    element: (_, along, read) => read.x(along),
  },
  evaluate: ({ x, indices }, _, shape) => {
    const data = new Float64Array(countOf(shape));
    const rank = indices.shape.length;
    for (const at of indicesOf(x.shape))
      data[positionOf(shape, [elementAt(indices, at.slice(0, rank)), ...at.slice(rank)])] += elementAt(x, at);
    return { shape, data };
  },
  samples: [
    { operands: { x: uniform(["n", 2]), indices: integers(["n"], [4, 0, 4]) }, attributes: { size: 5 } },
    {
      operands: { x: uniform(["n", 2]), indices: integers(["n", 2], [4, 0, 4, 1, 1, 1]) },
      attributes: { size: 5 },
    },
  ],
});
