/** z = √x. dx = dz / (2z): infinite at 0, as in PyTorch. */
import { defineOp, uniform } from "./define.ts";
import { unary } from "./pointwise.ts";

export const sqrt = defineOp({
  name: "sqrt",
  ...unary({ traits: ["cheap"], lower: "sqrt", f: Math.sqrt, domain: uniform(["n", 4], 0.2, 3) }),
  vjp: (z, dz, g) => ({ x: g.divide(dz, g.multiply(z, 2)) }),
});
