/** z = sin x. dx = dz · cos x. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const sin = defineOp({
  name: "sin",
  ...unary({ lower: "sin", f: Math.sin }),
  vjp: ({ operands: { x } }, dz, g) => ({ x: g.multiply(dz, g.cos(x)) }),
});
