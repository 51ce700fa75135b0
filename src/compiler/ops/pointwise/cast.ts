/**
 * z = x as another element type. A cast to i32 truncates. A cast between real types does not change the
 * value, because values are doubles until they are stored. dx = dz as x's type if both types are real.
 */
import { isFloat, tensorType } from "../../ir/types.ts";
import { convert } from "../../loop/expressions.ts";
import { defineOp, integers, uniform } from "../define.ts";
import { mapTensor } from "../tensor.ts";

export const cast = defineOp({
  name: "cast",
  traits: ["pointwise", "cheap"],
  infer: ({ x }, { element }) => tensorType(element, x.shape),
  vjp: ({ operands: { x }, attributes }, dz, g) => ({
    x:
      isFloat(x.type.element) && isFloat(attributes.element) ? g.cast(dz, { element: x.type.element }) : null,
  }),
  lower: { kind: "pointwise", expression: ({ x }, node) => convert(x, node.attributes.element) },
  evaluate: ({ x }, { attributes: { element } }) =>
    mapTensor(element === "i32" ? Math.trunc : (value) => value, x),
  samples: [
    { operands: { x: uniform(["n", 4], -9, 9) }, attributes: { element: "i32" } },
    { operands: { x: integers(["n"], [4, 0, -2]) }, attributes: { element: "f64" } },
  ],
});
