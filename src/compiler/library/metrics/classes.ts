/**
 * Metrics of classes, as scikit-learn defines them: precision, recall and F1 from the counts of each class, and the
 * fraction of rows whose class is among the k classes with the highest scores. Rows with the class −1 are
 * skipped.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import {
  counting,
  countOf,
  fitsClasses,
  meanOf,
  realTarget,
  refuseBinary,
  rowsText,
  totalOf,
  twoSides,
} from "../compare.ts";
import { alongLastAxis, lastAxis } from "../compositions.ts";
import { defineMetric } from "../define.ts";
import type { Comparison, Fit } from "../define.ts";

/**
 * Returns the reason why the output does not select a class; undefined if it does. It selects a class by one
 * score per class or by a single score.
 */
export function refuseClasses(fit: Fit): string | undefined {
  if (fitsClasses(fit)) return undefined;
  if (fit.threshold === undefined)
    return "needs class scores, but with this loss the network does not output class scores";
  if (fit.target.classes === undefined || fit.target.classes === 2) return refuseBinary(fit);
  return (
    `needs an output of the shape ${rowsText([...fit.target.shape, fit.target.classes])}, one score per class, ` +
    `got ${rowsText(fit.output)}`
  );
}

/** Whether each element of a target without classes is "yes". */
export const isYes = (g: GraphBuilder, comparison: Comparison): Node =>
  g.less(0.5, realTarget(g, comparison));

// Precision, recall and F1, from three counts for each class c: the elements of c that are predicted as c
// (hits), all elements that are predicted as c, and all elements of c (support).

/** The counts of each class: [classes]. A single score has two classes. */
function countsOf(g: GraphBuilder, comparison: Comparison): Readonly<Record<string, Node>> {
  const { prediction, expected, threshold = 0 } = comparison;
  const hasScores = fitsClasses(comparison);
  const index = (isOne: Node) => g.cast(isOne, { element: "i32" });
  const found = hasScores
    ? g.named("predicted_class", g.argMax(prediction, { axes: [lastAxis(prediction)] }))
    : index(g.lessEqual(threshold, prediction));
  const classes =
    hasScores || comparison.target.classes !== undefined ? expected : index(isYes(g, comparison));
  const count = comparison.target.classes ?? 2;
  const shape = [...classes.type.shape, count];
  const axis = shape.length - 1;
  const ofClass = g.iota({ shape, axis });
  const each = (x: Node) => g.repeatAlong(x, [axis], shape);
  const counted = counting(g, comparison);
  const isFound = g.equal(each(found), ofClass);
  const isExpected = g.equal(each(classes), ofClass);
  const isCounted = counted && each(counted);
  const total = (condition: Node) => {
    const ones = g.cast(condition, { element: g.float });
    const own = isCounted === undefined ? ones : g.select(isCounted, ones, 0);
    return g.reduceSum(own, { axes: shape.slice(0, -1).map((_, i) => i) });
  };
  const bothOf = g.select(isFound, g.cast(isExpected, { element: g.float }), 0);
  const hits = isCounted === undefined ? bothOf : g.select(isCounted, bothOf, 0);
  return {
    hits: g.reduceSum(hits, { axes: shape.slice(0, -1).map((_, i) => i) }),
    predicted: total(isFound),
    support: total(isExpected),
  };
}

const averages = ["binary", "macro", "micro", "weighted"] as const;

const averageKey = z
  .enum(averages)
  .optional()
  .describe(
    "How the values of the classes are combined: `binary` takes the value of the second class (the default for " +
      "two classes), `macro` the mean over the classes (the default for more), `weighted` the mean weighted by the " +
      "rows of each class; `micro` sums the counts of all classes first.",
  );

/** A ratio of counts, which are whole numbers. It is 0 where the denominator is 0, as in scikit-learn. */
const ratio = (g: GraphBuilder, x: Node, y: Node): Node => g.divide(x, g.maximum(y, 1));

type Counts = Readonly<Record<"hits" | "predicted" | "support", Node>>;

/** A metric that is a ratio of counts of one class. */
const classRatio = (
  name: string,
  about: string,
  ratioOf: (g: GraphBuilder, counts: Counts) => readonly [numerator: Node, denominator: Node],
) =>
  defineMetric({
    name,
    about,
    keys: { average: averageKey },
    accepts: (fit, { average }) => {
      const refusal = refuseClasses(fit);
      const classes = fit.target.classes ?? 2;
      return refusal === undefined && average === "binary" && classes !== 2
        ? `with the average "binary" needs two classes, but the target has ${classes}`
        : refusal;
    },
    range: { ...twoSides, otherwise: "for other numbers, use mae, rmse or r2" },
    sums: countsOf,
    value: (g, { hits, predicted, support }, { average }, { target }) => {
      const classes = target.classes ?? 2;
      const counts = { hits, predicted, support };
      const sum = (x: Node) => g.reduceSum(x, { axes: [0] });
      const used = average ?? (classes === 2 ? "binary" : "macro");
      if (used === "micro") {
        const sums = { hits: sum(hits), predicted: sum(predicted), support: sum(support) };
        return ratio(g, ...ratioOf(g, sums));
      }
      const each = ratio(g, ...ratioOf(g, counts));
      if (used === "binary") {
        const isSecond = g.equal(g.iota({ shape: [classes], axis: 0 }), 1);
        return sum(g.select(isSecond, each, 0));
      }
      if (used === "weighted") return ratio(g, sum(g.multiply(support, each)), sum(support));
      // A class that neither occurs nor is predicted has no value, so the mean excludes it.
      const isPresent = g.cast(g.less(0, g.add(predicted, support)), { element: "f64" });
      return ratio(g, sum(each), sum(isPresent));
    },
  });

/** hits / predicted */
export const precision = classRatio(
  "precision",
  "the fraction of the predictions of a class that are correct",
  (_, { hits, predicted }) => [hits, predicted],
);

/** hits / support */
export const recall = classRatio(
  "recall",
  "the fraction of the rows of a class that are predicted as this class",
  (_, { hits, support }) => [hits, support],
);

/** 2 · hits / (predicted + support), the harmonic mean of precision and recall */
export const f1 = classRatio("f1", "the harmonic mean of precision and recall", (g, counts) => [
  g.multiply(2, counts.hits),
  g.add(counts.predicted, counts.support),
]);

/**
 * The fraction of rows whose class is among the k classes with the highest scores. Of classes with equal scores, those
 * with higher indices come first, as in scikit-learn. For the expected class y:
 *
 *     rank = #{j : z_j > z_y} + #{j > y : z_j = z_y}        the row counts if rank < k
 */
export const topK = defineMetric({
  name: "top-k",
  about: "the fraction of rows whose class is among the k classes with the highest scores",
  keys: {
    k: z
      .int()
      .positive()
      .default(5)
      .describe("The number of classes with the highest scores that count as predicted."),
  },
  accepts: (fit, { k = 5 }) => {
    const { classes } = fit.target;
    if (classes === undefined) return "needs class indices, but the target is real";
    if (!fitsClasses(fit))
      return (
        `needs one output per class, ${rowsText([...fit.target.shape, classes])}, ` +
        `but the output is ${rowsText(fit.output)}`
      );
    return k < classes
      ? undefined
      : `with k = ${k} counts every row, because the target has ${classes} classes; k must be below ${classes}`;
  },
  sums: (g, comparison, { k }) => {
    const { prediction: scores, expected } = comparison;
    const axis = lastAxis(scores);
    const sum = (x: Node) => g.reduceSum(x, { axes: [axis] });
    const classes = g.iota({ shape: scores.type.shape, axis });
    const wanted = alongLastAxis(g, expected, scores);
    const score = g.named("expected_score", sum(g.select(g.equal(classes, wanted), scores, 0)));
    const own = alongLastAxis(g, score, scores);
    const element = scores.type.element;
    const after = g.select(g.equal(scores, own), g.cast(g.less(wanted, classes), { element }), 0);
    const rank = g.named("rank", sum(g.select(g.less(own, scores), 1, after)));
    return {
      total: totalOf(g, comparison, g.cast(g.less(rank, k), { element })),
      count: countOf(g, comparison),
    };
  },
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});
