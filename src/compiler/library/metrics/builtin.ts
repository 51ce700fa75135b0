/** The built-in metrics: accuracy for classes, and errors for real numbers. */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { countOf, fitsClasses, meanOf, refuseReal, totalOf, twoSides } from "../compare.ts";
import { lastAxis } from "../compositions.ts";
import { defineMetric } from "../define.ts";
import type { Comparison } from "../define.ts";
import { isYes, refuseClasses } from "./classes.ts";

// Accuracy: the fraction of correct predictions. With several classes, the prediction is the class with the
// highest output; of equal outputs, the first one wins. A single score means "yes" if it is at least the
// threshold of the loss. A class target of −1 does not count.

export const accuracy = defineMetric({
  name: "accuracy",
  about: "the fraction of correct predictions",
  keys: {},
  accepts: refuseClasses,
  range: { ...twoSides, otherwise: "for other numbers, use mae, rmse or r2" },
  sums: (g, comparison) => {
    const { prediction, threshold = 0 } = comparison;
    const element = prediction.type.element;
    const isRight = fitsClasses(comparison)
      ? g.equal(
          g.named("predicted_class", g.argMax(prediction, { axes: [lastAxis(prediction)] })),
          comparison.expected,
        )
      : g.equal(
          g.cast(g.lessEqual(threshold, prediction), { element }),
          g.cast(isYes(g, comparison), { element }),
        );
    return {
      total: totalOf(g, comparison, g.cast(g.named("is_right", isRight), { element })),
      count: countOf(g, comparison),
    };
  },
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});

// Metrics of real numbers, in the target's original units.

const difference = (g: GraphBuilder, { estimate, expected }: Comparison): Node =>
  g.named("difference", g.subtract(estimate, expected));

/** mean |p − t| */
export const mae = defineMetric({
  name: "mae",
  about: "mean absolute error",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => ({
    total: totalOf(g, comparison, g.absolute(difference(g, comparison))),
    count: countOf(g, comparison),
  }),
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});

/** √(mean (p − t)²) */
export const rmse = defineMetric({
  name: "rmse",
  about: "square root of the mean squared error",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => {
    const d = difference(g, comparison);
    return { total: totalOf(g, comparison, g.multiply(d, d)), count: countOf(g, comparison) };
  },
  value: (g, sums, _, comparison) => g.sqrt(meanOf(g, sums, comparison)),
});

/** The smallest divisor of a relative error: the rounding error of 1, as in scikit-learn. */
const smallestTarget = 2 ** -52;

/** mean |p − t| / max(|t|, 2⁻⁵²), a fraction and not a percentage, as in scikit-learn */
export const mape = defineMetric({
  name: "mape",
  about: "mean absolute error relative to the target, as a fraction",
  keys: {},
  accepts: refuseReal,
  isRelative: true,
  sums: (g, comparison) => {
    const size = g.maximum(g.absolute(comparison.expected), smallestTarget);
    return {
      total: totalOf(g, comparison, g.divide(g.absolute(difference(g, comparison)), size)),
      count: countOf(g, comparison),
    };
  },
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});

/**
 * 1 − Σ(p − t)² / Σ(t − mean t)², over all elements. The denominator is computed as Σt² − (Σt)²/count. The
 * difference loses digits if the mean is far from zero, so the sums are in f64.
 */
export const r2 = defineMetric({
  name: "r2",
  about: "the fraction of the target's variance that the prediction explains",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => {
    const t = g.cast(comparison.expected, { element: "f64" });
    const d = g.named("exact_difference", g.subtract(g.cast(comparison.estimate, { element: "f64" }), t));
    return {
      residual: totalOf(g, comparison, g.multiply(d, d)),
      total: totalOf(g, comparison, t),
      squares: totalOf(g, comparison, g.multiply(t, t)),
      count: countOf(g, comparison),
    };
  },
  value: (g, { residual, total, squares, count }) => {
    const variation = g.subtract(squares, g.divide(g.multiply(total, total), count));
    return g.subtract(1, g.divide(residual, variation));
  },
});
