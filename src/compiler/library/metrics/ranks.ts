/**
 * Rank metrics, which depend on the order of all rows. They cannot be computed from sums over rows, so the
 * runtime collects two numbers per element and computes the metric when all rows are evaluated
 * (`runtime/trainer/rank-rows.ts`).
 */
import { counting, countOf, fitsClasses, realTarget, refuseReal, twoSides } from "../compare.ts";
import { lastAxis } from "../compositions.ts";
import { defineMetric } from "../define.ts";
import { isYes, refuseClasses } from "./classes.ts";

/**
 * The area under the ROC curve: the probability that a row of the second class has a higher score than a row
 * of the first, where equal scores count as one half. If there are two outputs, the score is their
 * difference, which ranks rows in the same order as the probability.
 */
export const auc = defineMetric({
  name: "auc",
  about: "the area under the ROC curve, for two classes",
  keys: {},
  accepts: (fit) => {
    const { classes = 2 } = fit.target;
    if (classes !== 2) return `needs two classes, but the target has ${classes}`;
    return refuseClasses(fit);
  },
  range: { ...twoSides, otherwise: "for other numbers, use mae, rmse, r2 or spearman" },
  sums: (g, comparison) => ({ count: countOf(g, comparison) }),
  value: (_, { count }) => count,
  ranked: {
    by: "areaUnderCurve",
    pairs: (g, comparison) => {
      const { prediction, target } = comparison;
      const element = prediction.type.element;
      const counts = counting(g, comparison);
      const axis = lastAxis(prediction);
      const one = (at: number) =>
        g.reduceSum(g.select(g.equal(g.iota({ shape: prediction.type.shape, axis }), at), prediction, 0), {
          axes: [axis],
        });
      const scores = fitsClasses(comparison) ? g.subtract(one(1), one(0)) : prediction;
      const isSecond = target.classes === undefined ? isYes(g, comparison) : g.less(0, comparison.expected);
      return {
        scores,
        targets: g.cast(isSecond, { element }),
        ...(counts && { counts: g.cast(counts, { element }) }),
      };
    },
  },
});

/** Spearman's ρ: the correlation of the ranks of predictions and targets. Equal values have their mean rank. */
export const spearman = defineMetric({
  name: "spearman",
  about: "the correlation of the ranks of predictions and targets",
  keys: {},
  accepts: refuseReal,
  sums: (g, comparison) => ({ count: countOf(g, comparison) }),
  value: (_, { count }) => count,
  ranked: {
    by: "rankCorrelation",
    pairs: (g, comparison) => {
      const counts = counting(g, comparison);
      return {
        scores: comparison.estimate,
        targets: realTarget(g, comparison),
        ...(counts && { counts: g.cast(counts, { element: g.float }) }),
      };
    },
  },
});
