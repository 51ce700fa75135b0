/** z = x − y. dx = dz, dy = −dz. */
import { defineOp } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

export const subtract = defineOp({
  name: "subtract",
  ...binaryOp({ traits: ["cheap", "linear"], lower: "-", f: (x, y) => x - y }),
  vjp: (_, dz, g) => ({ x: dz, y: g.negate(dz) }),
});
