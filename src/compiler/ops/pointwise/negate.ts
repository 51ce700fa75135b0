/** z = −x. dx = −dz. */
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const negate = defineOp({
  name: "negate",
  ...unary({
    traits: ["cheap", "linear"],
    lower: (x) => ({ kind: "negate", x, type: x.type }),
    f: (x) => -x,
  }),
  vjp: (_, dz, g) => ({ x: g.negate(dz) }),
});
