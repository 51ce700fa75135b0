/** z = x / y. dx = dz / y, dy = −dz · z / y. */
import { defineOp, uniform } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

export const divide = defineOp({
  name: "divide",
  ...binaryOp({
    lower: "/",
    f: (x, y) => x / y,
    domain: { x: uniform(["n", 4]), y: uniform(["n", 4], 0.5, 3) },
  }),
  vjp: (z, dz, g) => ({
    x: g.divide(dz, z.operands.y),
    y: g.negate(g.divide(g.multiply(dz, z), z.operands.y)),
  }),
});
