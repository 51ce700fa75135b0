/**
 * z = max(x, 0). dx = dz · [z > 0]; at 0 the derivative is 0, as in PyTorch. NaN stays NaN. The op is
 * primitive, not a select, so that the derivative reads only the result and x need not be saved.
 */
import { call, number } from "../../loop/expressions.ts";
import { defineOp, uniform, values } from "../define.ts";
import { unary } from "./pointwise.ts";

export const relu = defineOp({
  name: "relu",
  ...unary({
    traits: ["cheap"],
    lower: (x) => call("maximum", [x, number(0, x.type)], x.type),
    f: (x) => Math.max(x, 0),
  }),
  vjp: (z, dz, g) => ({ x: g.select(g.less(0, z), dz, 0) }),
  samples: [
    { operands: { x: uniform(["n", 4]) }, attributes: {} },
    { operands: { x: values([3], [0, -2, 3]) }, attributes: {}, kink: { x: [0, 0, 1] } },
  ],
});
