/** z = σ(x) = 1 / (1 + e⁻ˣ). dx = dz · z · (1 − z). Primitive for its derivative through the result. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const sigmoid = defineOp({
  name: "sigmoid",
  ...unary({ lower: "sigmoid", f: (x) => 1 / (1 + Math.exp(-x)) }),
  vjp: (z, dz, g) => ({ x: g.multiply(dz, g.multiply(z, g.subtract(1, z))) }),
});
