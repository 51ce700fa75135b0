/** z = ln(1 + x), exact near 0. dx = dz / (1 + x). */
import { defineOp, uniform } from "../define.ts";
import { unary } from "./pointwise.ts";

export const log1p = defineOp({
  name: "log1p",
  ...unary({ lower: "log1p", f: Math.log1p, domain: uniform(["n", 4], -0.8, 3) }),
  vjp: (z, dz, g) => ({ x: g.divide(dz, g.add(z.operands.x, 1)) }),
});
