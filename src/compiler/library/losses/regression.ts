/** Losses of real numbers. d is the difference p − t of prediction and target. */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { meanOf } from "../compare.ts";
import type { Comparison } from "../define.ts";
import { softplus } from "../compositions.ts";
import { elementwise } from "./elementwise.ts";

/** For 0/1 targets: an output of one half or more means 1. */
const threshold = 0.5;

const difference = (g: GraphBuilder, p: Node, t: Node): Node => g.named("difference", g.subtract(p, t));

const squaredDifference = (g: GraphBuilder, p: Node, t: Node): Node => {
  const d = difference(g, p, t);
  return g.named("squared_difference", g.multiply(d, d));
};

type Sums = Readonly<Record<string, Node>>;
const rootOfMean = (g: GraphBuilder, sums: Sums, _: object, comparison: Comparison): Node =>
  g.sqrt(meanOf(g, sums, comparison));

/** mean d² */
export const mse = elementwise({
  name: "mse",
  about: "mean squared error",
  keys: {},
  threshold,
  element: squaredDifference,
});

/** mean |d| */
export const mae = elementwise({
  name: "mae",
  about: "mean absolute error",
  keys: {},
  threshold,
  element: (g, p, t) => g.named("distance", g.absolute(difference(g, p, t))),
});

/** √(mean d²), the root taken once over the whole batch */
export const rmse = elementwise({
  name: "rmse",
  about: "root of the mean squared error",
  keys: {},
  threshold,
  element: squaredDifference,
  value: rootOfMean,
});

/** √(mean (log1p p − log1p t)²) */
export const rmsle = elementwise({
  name: "rmsle",
  about: "root of the mean squared difference of log(1 + x)",
  keys: {},
  threshold,
  element: (g, p, t) => squaredDifference(g, g.log1p(p), g.log1p(t)),
  value: rootOfMean,
});

/** d²/2 where |d| < δ, δ · (|d| − δ/2) elsewhere */
export const huber = elementwise({
  name: "huber",
  about: "squared for small differences, absolute for large ones",
  keys: { delta: z.number().positive().default(1).describe("Where the one turns into the other.") },
  threshold,
  element: (g, p, t, { delta }) => {
    const d = difference(g, p, t);
    const size = g.named("distance", g.absolute(d));
    const linear = g.multiply(delta, g.subtract(size, delta / 2));
    return g.select(g.named("is_small", g.less(size, delta)), g.multiply(0.5, g.multiply(d, d)), linear);
  },
});

/** log cosh d = d + softplus(−2d) − log 2, which does not overflow; its derivative is 1 − 2σ(−2d) = tanh d. */
export const logCosh = elementwise({
  name: "log-cosh",
  about: "mean of log(cosh(difference))",
  keys: {},
  threshold,
  element: (g, p, t) => {
    const d = difference(g, p, t);
    return g.subtract(g.add(d, softplus(g, g.multiply(-2, d))), Math.LN2);
  },
});
