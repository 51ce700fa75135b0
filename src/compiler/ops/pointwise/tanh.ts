/** z = tanh x. dx = dz · (1 − z²). */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const tanh = defineOp({
  name: "tanh",
  ...unary({ lower: "tanh", f: Math.tanh }),
  vjp: (z, dz, g) => ({ x: g.multiply(dz, g.subtract(1, g.multiply(z, z))) }),
});
