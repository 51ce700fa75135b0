/** z = ln x. dx = dz / x. */
import { defineOp, uniform } from "../define.ts";
import { unary } from "./pointwise.ts";

export const log = defineOp({
  name: "log",
  ...unary({ lower: "log", f: Math.log, domain: uniform(["n", 4], 0.2, 3) }),
  vjp: (z, dz, g) => ({ x: g.divide(dz, z.operands.x) }),
});
