/** z = x + y. dx = dz, dy = dz. */
import { defineOp } from "../define.ts";
import { binaryOp } from "./pointwise.ts";

export const add = defineOp({
  name: "add",
  ...binaryOp({ traits: ["commutative", "cheap", "linear"], lower: "+", f: (x, y) => x + y }),
  vjp: (_, dz) => ({ x: dz, y: dz }),
});
