/**
 * The perceptron's unit step, 1 where x ≥ 0 and 0 elsewhere. It is flat wherever it is smooth, so its
 * derivative is zero; a surrogate f puts its own derivative in that place and leaves the value: y = step(x) +
 * (f(x) − stop f(x)), where the bracket is exactly 0.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineActivation } from "../define.ts";

export const unitStep = (g: GraphBuilder, x: Node): Node => g.select(g.lessEqual(0, x), 1, 0);

export const step = defineActivation({
  name: "step",
  about: "y = 1 where x >= 0, 0 elsewhere; no derivative passes without a surrogate",
  keys: {
    surrogate: z
      .enum(["straight-through", "sigmoid"])
      .optional()
      .describe("Whose derivative stands in: that of y = x, or that of the sigmoid."),
  },
  family: "xavier",
  acts: "on elements",
  build: (g, x, { surrogate }) => {
    const value = unitStep(g, x);
    if (surrogate === undefined) return value;
    const smooth = surrogate === "sigmoid" ? g.sigmoid(x) : x;
    return g.add(value, g.subtract(smooth, g.stopGradient(smooth)));
  },
});
