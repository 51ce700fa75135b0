/** z = eˣ − 1, exact near 0. dx = dz · (z + 1). */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const expm1 = defineOp({
  name: "expm1",
  ...unary({ lower: "expm1", f: Math.expm1 }),
  vjp: (z, dz, g) => ({ x: g.multiply(dz, g.add(z, 1)) }),
});
