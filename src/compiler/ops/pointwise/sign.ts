/** z = sign(x), 0 at 0. Piecewise constant, so gradients are not propagated. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const sign = defineOp({
  name: "sign",
  ...unary({ traits: ["cheap", "opaque"], lower: "sign", f: Math.sign }),
  vjp: () => ({ x: null }),
});
