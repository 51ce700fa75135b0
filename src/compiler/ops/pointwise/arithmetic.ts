/** The arithmetic operations: z = x + y, x − y, x · y, x / y, −x. */
import { defineOp, uniform } from "../define.ts";
import { binaryOp, unary } from "./pointwise.ts";

/** z = x + y. dx = dz, dy = dz. */
export const add = defineOp({
  name: "add",
  ...binaryOp({ traits: ["commutative", "cheap", "linear"], lower: "+", f: (x, y) => x + y }),
  vjp: (_, dz) => ({ x: dz, y: dz }),
});

/** z = x − y. dx = dz, dy = −dz. */
export const subtract = defineOp({
  name: "subtract",
  ...binaryOp({ traits: ["cheap", "linear"], lower: "-", f: (x, y) => x - y }),
  vjp: (_, dz, g) => ({ x: dz, y: g.negate(dz) }),
});

/** z = x · y. dx = dz · y, dy = dz · x. */
export const multiply = defineOp({
  name: "multiply",
  ...binaryOp({ traits: ["commutative", "cheap"], lower: "*", f: (x, y) => x * y }),
  vjp: ({ operands: { x, y } }, dz, g) => ({ x: g.multiply(dz, y), y: g.multiply(dz, x) }),
});

/** z = x / y. dx = dz / y, dy = −dz · z / y. */
export const divide = defineOp({
  name: "divide",
  ...binaryOp({
    lower: "/",
    f: (x, y) => x / y,
    domain: { x: uniform(["n", 4]), y: uniform(["n", 4], 0.5, 3) },
  }),
  vjp: (z, dz, g) => ({
    x: g.divide(dz, z.operands.y),
    y: g.negate(g.divide(g.multiply(dz, z), z.operands.y)),
  }),
});

/** z = −x. dx = −dz. */
export const negate = defineOp({
  name: "negate",
  ...unary({
    traits: ["cheap", "linear"],
    lower: (x) => ({ kind: "negate", x, type: x.type }),
    f: (x) => -x,
  }),
  vjp: (_, dz, g) => ({ x: g.negate(dz) }),
});
