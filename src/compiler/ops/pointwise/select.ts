/** z = condition ? x : y. dx = condition ? dz : 0, dy = condition ? 0 : dz. */
import { TypeRefusal } from "../../ir/types.ts";
import { select as selectExpression } from "../../loop/expressions.ts";
import { defineOp, uniform } from "../define.ts";
import { sameOperands } from "../shape-rules.ts";
import { tensorOf, elementAt } from "../tensor.ts";

export const select = defineOp({
  name: "select",
  traits: ["pointwise", "cheap"],
  infer: ({ condition, x, y }) => {
    if (condition.element !== "bool") throw new TypeRefusal("the condition must be bool");
    return sameOperands(x, y);
  },
  vjp: ({ operands: { condition } }, dz, g) => ({
    condition: null,
    x: g.select(condition, dz, 0),
    y: g.select(condition, 0, dz),
  }),
  lower: { kind: "pointwise", expression: ({ condition, x, y }) => selectExpression(condition, x, y) },
  evaluate: ({ condition, x, y }, _, shape) =>
    tensorOf(shape, (at) => (elementAt(condition, at) !== 0 ? elementAt(x, at) : elementAt(y, at))),
  samples: [
    {
      operands: {
        condition: { shape: [4], values: [1, 0, 1, 0], element: "bool" },
        x: uniform([4]),
        y: uniform([4]),
      },
      attributes: {},
    },
  ],
});
