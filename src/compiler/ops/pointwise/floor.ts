/**
 * z = ⌊x⌋, the largest integer not above x. It is piecewise constant, so gradients are not propagated. The op
 * is primitive, because casts to i32 and back would be wrong from 2³¹ upwards.
 */
import { defineOp, values } from "../define.ts";
import { unary } from "./pointwise.ts";

export const floor = defineOp({
  name: "floor",
  ...unary({
    traits: ["cheap", "opaque"],
    lower: "floor",
    f: Math.floor,
    domain: values([6], [-2, -1.5, -0.25, 0.75, 3, 3e9 + 0.5]),
  }),
  vjp: () => ({ x: null }),
});
