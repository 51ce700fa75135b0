/** z = |x|. dx = dz · sign(x); at 0 the derivative is 0, as in PyTorch. */
import { defineOp, uniform, values } from "../define.ts";
import { unary } from "./pointwise.ts";

export const absolute = defineOp({
  name: "absolute",
  ...unary({ traits: ["cheap"], lower: "absolute", f: Math.abs }),
  vjp: (z, dz, g) => ({ x: g.multiply(dz, g.sign(z.operands.x)) }),
  samples: [
    { operands: { x: uniform(["n", 4]) }, attributes: {} },
    { operands: { x: values([3], [0, -2, 3]) }, attributes: {}, kink: { x: [0, -1, 1] } },
  ],
});
