/**
 * The elementary functions. Each entry has the equation, the derivative, and an evaluation in doubles, with
 * which the tests compare all targets. A target computes each op with a function of the same name. Some ops
 * are primitive for accuracy (`expm1`, `log1p`), others because the derivative is a short expression of the
 * result (`exp`, `tanh`, `sigmoid`).
 */
import { erf } from "../../../runtime/numbers/error-function.ts";
import type { ElementaryName } from "../../ir/nodes.ts";
import { defineOp, uniform } from "../define.ts";
import type { OpDefinition } from "../define.ts";
import { unary } from "./pointwise.ts";

export const elementary = {
  /** z = eˣ. dx = dz · z. */
  exp: defineOp({
    name: "exp",
    ...unary({ lower: "exp", f: Math.exp }),
    vjp: (z, dz, g) => ({ x: g.multiply(dz, z) }),
  }),

  /** z = eˣ − 1, accurate near 0. dx = dz · (z + 1). */
  expm1: defineOp({
    name: "expm1",
    ...unary({ lower: "expm1", f: Math.expm1 }),
    vjp: (z, dz, g) => ({ x: g.multiply(dz, g.add(z, 1)) }),
  }),

  /** z = ln x. dx = dz / x. */
  log: defineOp({
    name: "log",
    ...unary({ lower: "log", f: Math.log, domain: uniform(["n", 4], 0.2, 3) }),
    vjp: (z, dz, g) => ({ x: g.divide(dz, z.operands.x) }),
  }),

  /** z = ln(1 + x), accurate near 0. dx = dz / (1 + x). */
  log1p: defineOp({
    name: "log1p",
    ...unary({ lower: "log1p", f: Math.log1p, domain: uniform(["n", 4], -0.8, 3) }),
    vjp: (z, dz, g) => ({ x: g.divide(dz, g.add(z.operands.x, 1)) }),
  }),

  /** z = sin x. dx = dz · cos x. */
  sin: defineOp({
    name: "sin",
    ...unary({ lower: "sin", f: Math.sin }),
    vjp: ({ operands: { x } }, dz, g) => ({ x: g.multiply(dz, g.cos(x)) }),
  }),

  /** z = cos x. dx = −dz · sin x. */
  cos: defineOp({
    name: "cos",
    ...unary({ lower: "cos", f: Math.cos }),
    vjp: ({ operands: { x } }, dz, g) => ({ x: g.negate(g.multiply(dz, g.sin(x))) }),
  }),

  /** z = tanh x. dx = dz · (1 − z²). */
  tanh: defineOp({
    name: "tanh",
    ...unary({ lower: "tanh", f: Math.tanh }),
    vjp: (z, dz, g) => ({ x: g.multiply(dz, g.subtract(1, g.multiply(z, z))) }),
  }),

  /** z = erf x = 2/√π ∫₀ˣ e^(−t²) dt. dx = dz · 2/√π · e^(−x²). */
  erf: defineOp({
    name: "erf",
    ...unary({ lower: "erf", f: erf }),
    vjp: ({ operands: { x } }, dz, g) => ({
      x: g.multiply(dz, g.multiply(2 / Math.sqrt(Math.PI), g.exp(g.negate(g.multiply(x, x))))),
    }),
  }),

  /** z = σ(x) = 1 / (1 + e⁻ˣ). dx = dz · z · (1 − z). Primitive, because the derivative uses the result. */
  sigmoid: defineOp({
    name: "sigmoid",
    ...unary({ lower: "sigmoid", f: (x) => 1 / (1 + Math.exp(-x)) }),
    vjp: (z, dz, g) => ({ x: g.multiply(dz, g.multiply(z, g.subtract(1, z))) }),
  }),
} satisfies { readonly [K in ElementaryName]: OpDefinition<K> };
