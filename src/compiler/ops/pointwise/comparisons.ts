/** Comparisons: 1 if true, otherwise 0. They have no derivative. */
import {
  call,
  equal as equalExpression,
  less as lessExpression,
  lessEqual as lessEqualExpression,
} from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { defineOp, values } from "../define.ts";
import { comparisonOp } from "./pointwise.ts";

// z = [x = y], a bool. It is piecewise constant, so gradients are not propagated.
//
// Values in variables are doubles; values in memory are rounded to their element type. The lowering decides
// which of the two a comparison reads. To make the result independent of that decision, f32 operands are
// rounded before they are compared. For an input x whose value is 0.1, for example, x = 0.1 is true.

const rounded = (x: Expression): Expression => {
  const isExact = x.type !== "f32" || (x.kind === "number" && Math.fround(x.value) === x.value);
  return isExact ? x : call("round", [x], x.type);
};

export const equal = defineOp({
  name: "equal",
  ...comparisonOp({
    traits: ["commutative"],
    lower: (x, y) => equalExpression(rounded(x), rounded(y)),
    f: (x, y) => Number(x === y),
    domain: { x: values([3], [0, 1, 2]), y: values([3], [0, 2, 1]) },
  }),
});

/** z = [x < y], a bool. It is piecewise constant, so gradients are not propagated. */
export const less = defineOp({
  name: "less",
  ...comparisonOp({ lower: lessExpression, f: (x, y) => Number(x < y) }),
});

/** z = [x ≤ y], a bool. It is piecewise constant, so gradients are not propagated. */
export const lessEqual = defineOp({
  name: "lessEqual",
  ...comparisonOp({
    lower: lessEqualExpression,
    f: (x, y) => Number(x <= y),
    domain: { x: values([3], [0, 1, 2]), y: values([3], [0, 2, 1]) },
  }),
});
