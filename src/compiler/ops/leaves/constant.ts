/** z = a constant scalar; constant tensors are broadcasts of it. */
import { tensorType } from "../../ir/types.ts";
import { number } from "../../loop/expressions.ts";
import { defineOp } from "../define.ts";
import { tensorOf } from "../tensor.ts";

export const constant = defineOp({
  name: "constant",
  traits: ["cheap"],
  infer: (_, { element }) => tensorType(element, []),
  vjp: () => ({}),
  lower: { kind: "element", element: ({ attributes: { value, element } }) => number(value, element) },
  evaluate: (_, { attributes }, shape) => tensorOf(shape, () => attributes.value),
  samples: [{ operands: {}, attributes: { value: -1.5, element: "f64" } }],
});
