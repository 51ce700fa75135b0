/** Axis i of z is axis permutation[i] of x. dx is dz under the inverse permutation. */
import { tensorType, TypeRefusal } from "../../ir/types.ts";
import { defineOp, uniform } from "../define.ts";
import { checkAxes } from "../shape-rules.ts";
import { elementAt, tensorOf } from "../tensor.ts";

const inverse = (permutation: readonly number[]): number[] =>
  permutation.map((_, axis) => permutation.indexOf(axis));

export const transpose = defineOp({
  name: "transpose",
  traits: ["view", "linear"],
  infer: ({ x }, { permutation }) => {
    checkAxes(permutation, x.shape.length);
    if (permutation.length !== x.shape.length)
      throw new TypeRefusal("the permutation must have an entry for every axis");
    return tensorType(
      x.element,
      permutation.map((axis) => x.shape[axis]),
    );
  },
  vjp: ({ attributes }, dz, g) => ({ x: g.transpose(dz, { permutation: inverse(attributes.permutation) }) }),
  lower: {
    kind: "element",
    element: ({ attributes }, at, read) => read.x(inverse(attributes.permutation).map((axis) => at[axis])),
  },
  evaluate: ({ x }, { attributes }, shape) =>
    tensorOf(shape, (at) =>
      elementAt(
        x,
        inverse(attributes.permutation).map((axis) => at[axis]),
      ),
    ),
  samples: [{ operands: { x: uniform(["n", 3, 4]) }, attributes: { permutation: [2, 0, 1] } }],
});
