/** z = [x < y], a bool. Constant wherever it is smooth: no derivative passes. */
import { less as lessExpression } from "../../loop/expressions.ts";
import { defineOp } from "../define.ts";
import { comparisonOp } from "./pointwise.ts";

export const less = defineOp({
  name: "less",
  ...comparisonOp({ lower: lessExpression, f: (x, y) => Number(x < y) }),
});
