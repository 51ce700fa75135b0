/** z = erf x = 2/√π ∫₀ˣ e^(−t²) dt. dx = dz · 2/√π · e^(−x²). */
import { erf as erfOf } from "../../../runtime/numbers/error-function.ts";
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const erf = defineOp({
  name: "erf",
  ...unary({ lower: "erf", f: erfOf }),
  vjp: ({ operands: { x } }, dz, g) => ({
    x: g.multiply(dz, g.multiply(2 / Math.sqrt(Math.PI), g.exp(g.negate(g.multiply(x, x))))),
  }),
});
