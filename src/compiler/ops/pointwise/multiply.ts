/** z = x · y. dx = dz · y, dy = dz · x. */
import { defineOp } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

export const multiply = defineOp({
  name: "multiply",
  ...binaryOp({ traits: ["commutative", "cheap"], lower: "*", f: (x, y) => x * y }),
  vjp: ({ operands: { x, y } }, dz, g) => ({ x: g.multiply(dz, y), y: g.multiply(dz, x) }),
});
