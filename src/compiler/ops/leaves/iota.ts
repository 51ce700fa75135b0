/** z[at] = at[axis]: the indices along an axis, as integers. One-hot vectors are comparisons with it. */
import { tensorType } from "../../ir/types.ts";
import { defineOp } from "../define.ts";
import { checkAxes } from "../shape-rules.ts";
import { tensorOf } from "../tensor.ts";

export const iota = defineOp({
  name: "iota",
  traits: ["cheap"],
  infer: (_, { shape, axis }) => {
    checkAxes([axis], shape.length);
    return tensorType("i32", shape);
  },
  vjp: () => ({}),
  lower: { kind: "element", element: ({ attributes }, at) => at[attributes.axis] },
  evaluate: (_, { attributes }, shape) => tensorOf(shape, (at) => at[attributes.axis]),
  samples: [{ operands: {}, attributes: { shape: ["n", 4], axis: 1 } }],
});
