/**
 * z = x, but gradients are not propagated. Used for shifts that cancel, such as the maximum in log-sum-exp.
 */
import { defineOp, uniform } from "../define.ts";
import { mapTensor } from "../tensor.ts";

export const stopGradient = defineOp({
  name: "stopGradient",
  traits: ["pointwise", "cheap", "opaque"],
  infer: ({ x }) => x,
  vjp: () => ({ x: null }),
  lower: { kind: "pointwise", expression: ({ x }) => x },
  evaluate: ({ x }) => mapTensor((value) => value, x),
  samples: [{ operands: { x: uniform(["n", 4]) }, attributes: {} }],
});
