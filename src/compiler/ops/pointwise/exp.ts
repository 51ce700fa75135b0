/** z = eˣ. dx = dz · z. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const exp = defineOp({
  name: "exp",
  ...unary({ lower: "exp", f: Math.exp }),
  vjp: (z, dz, g) => ({ x: g.multiply(dz, z) }),
});
