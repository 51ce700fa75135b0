/** z = sign(x), which is 0 at 0. It is piecewise constant, so gradients are not propagated. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const sign = defineOp({
  name: "sign",
  ...unary({ traits: ["cheap", "opaque"], lower: "sign", f: Math.sign }),
  vjp: () => ({ x: null }),
});
