/** z = n, the number of rows of the current batch. */
import { tensorType } from "../../ir/types.ts";
import { convert, rows } from "../../loop/expressions.ts";
import { defineOp } from "../define.ts";
import { tensorOf } from "../tensor.ts";

export const batchSize = defineOp({
  name: "batchSize",
  traits: ["cheap"],
  infer: (_, { element }) => tensorType(element, []),
  vjp: () => ({}),
  lower: { kind: "element", element: ({ attributes }) => convert(rows, attributes.element) },
  evaluate: (_operands, _node, shape, count) => tensorOf(shape, () => count),
  samples: [{ operands: {}, attributes: { element: "f64" } }],
});
