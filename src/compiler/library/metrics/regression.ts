/** Metrics of real numbers, in the target's own units. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { countOf, meanOf, refuseReal, sumOf } from "../compare.ts";
import { defineMetric } from "../define.ts";
import type { Comparison } from "../define.ts";

const difference = (g: GraphBuilder, { estimate, expected }: Comparison): Node =>
  g.named("difference", g.subtract(estimate, expected));

/** mean |p − t| */
export const mae = defineMetric({
  name: "mae",
  about: "mean absolute error",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => ({
    total: sumOf(g, g.absolute(difference(g, comparison))),
    count: countOf(g, comparison),
  }),
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});

/** √(mean (p − t)²) */
export const rmse = defineMetric({
  name: "rmse",
  about: "root of the mean squared error",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => {
    const d = difference(g, comparison);
    return { total: sumOf(g, g.multiply(d, d)), count: countOf(g, comparison) };
  },
  value: (g, sums, _, comparison) => g.sqrt(meanOf(g, sums, comparison)),
});

/**
 * 1 − Σ(p − t)² / Σ(t − mean t)², over all elements; the denominator is Σt² − (Σt)²/count. That difference
 * cancels where the mean is far from zero, so it is summed in f64.
 */
export const r2 = defineMetric({
  name: "r2",
  about: "the share of the target's variance that the prediction explains",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => {
    const t = g.cast(comparison.expected, { element: "f64" });
    const d = g.named("exact_difference", g.subtract(g.cast(comparison.estimate, { element: "f64" }), t));
    return {
      residual: sumOf(g, g.multiply(d, d)),
      total: sumOf(g, t),
      squares: sumOf(g, g.multiply(t, t)),
      count: countOf(g, comparison),
    };
  },
  value: (g, { residual, total, squares, count }) => {
    const variation = g.subtract(squares, g.divide(g.multiply(total, total), count));
    return g.subtract(1, g.divide(residual, variation));
  },
});
