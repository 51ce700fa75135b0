/** z = [x = y], a bool. Constant wherever it is smooth: no derivative passes. */
import { equal as equalExpression } from "../loop/expressions.ts";
import { defineOp, values } from "./define.ts";
import { comparisonOp } from "./pointwise.ts";

export const equal = defineOp({
  name: "equal",
  ...comparisonOp({
    traits: ["commutative"],
    lower: equalExpression,
    f: (x, y) => Number(x === y),
    domain: { x: values([3], [0, 1, 2]), y: values([3], [0, 2, 1]) },
  }),
});
