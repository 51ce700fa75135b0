/** z = xʸ. dx = dz · y · x^(y − 1), dy = dz · z · ln x (x > 0; for a constant y it is never computed). */
import { isConstant } from "../ir/builder.ts";
import { call } from "../loop/expressions.ts";
import { defineOp, uniform } from "./define.ts";
import { binaryOp } from "./pointwise.ts";

export const power = defineOp({
  name: "power",
  ...binaryOp({
    lower: (x, y) => call("power", [x, y], x.type),
    f: Math.pow,
    domain: { x: uniform(["n", 4], 0.3, 2), y: uniform(["n", 4]) },
  }),
  vjp: (z, dz, g) => {
    const { x, y } = z.operands;
    return {
      x: g.multiply(dz, g.multiply(y, g.power(x, g.subtract(y, 1)))),
      y: isConstant(y) ? null : g.multiply(dz, g.multiply(z, g.log(x))),
    };
  },
});
