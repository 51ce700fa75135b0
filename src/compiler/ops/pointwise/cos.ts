/** z = cos x. dx = −dz · sin x. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const cos = defineOp({
  name: "cos",
  ...unary({ lower: "cos", f: Math.cos }),
  vjp: ({ operands: { x } }, dz, g) => ({ x: g.negate(g.multiply(dz, g.sin(x))) }),
});
