/**
 * z = √x. dx = dz / (2z), and 0 where z is 0. Otherwise the derivative of rmse would be 0 · ∞ for a batch
 * without errors. (PyTorch's derivative of a square root is ∞ at 0; that of a norm is 0.)
 */
import { defineOp, uniform, values } from "../define.ts";
import { unary } from "./pointwise.ts";

export const sqrt = defineOp({
  name: "sqrt",
  ...unary({ traits: ["cheap"], lower: "sqrt", f: Math.sqrt }),
  vjp: (z, dz, g) => ({ x: g.select(g.equal(z, 0), 0, g.divide(dz, g.multiply(z, 2))) }),
  samples: [
    { operands: { x: uniform(["n", 4], 0.2, 3) }, attributes: {} },
    { operands: { x: values([3], [0, 0.25, 4]) }, attributes: {}, kink: { x: [0, 1, 0.25] } },
  ],
});
