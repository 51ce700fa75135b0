/** z = [x ≤ y], a bool. Constant wherever it is smooth: no derivative passes. */
import { lessEqual as lessEqualExpression } from "../../loop/expressions.ts";
import { defineOp, values } from "../define.ts";
import { comparisonOp } from "./pointwise.ts";

export const lessEqual = defineOp({
  name: "lessEqual",
  ...comparisonOp({
    lower: lessEqualExpression,
    f: (x, y) => Number(x <= y),
    domain: { x: values([3], [0, 1, 2]), y: values([3], [0, 2, 1]) },
  }),
});
