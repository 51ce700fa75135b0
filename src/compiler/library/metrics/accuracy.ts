/**
 * The share of right answers. Of several classes the one with the highest output is the answer, the first of
 * equal ones; a single score answers "yes" from the loss's threshold on. A class target of −1 counts neither
 * way.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { countOf, fitsClasses, meanOf, realTarget, refuseBinary, rowsText, totalOf } from "../compare.ts";
import { defineMetric } from "../define.ts";
import { lastAxis } from "../compositions.ts";

/** The first j at which x_j is the maximum of the last axis, as a real number. */
function firstMaximum(g: GraphBuilder, x: Node): Node {
  const predicted = g.named("predicted_class", g.argMax(x, { axes: [lastAxis(x)] }));
  return g.cast(predicted, { element: x.type.element });
}

export const accuracy = defineMetric({
  name: "accuracy",
  about: "the share of right answers",
  keys: {},
  accepts: (fit) => {
    if (fitsClasses(fit)) return undefined;
    if (fit.threshold === undefined)
      return "needs answers to count, but this loss's outputs are no scores of classes";
    if (fit.target.classes === undefined || fit.target.classes === 2) return refuseBinary(fit);
    return (
      `needs one output per class, ${rowsText([...fit.target.shape, fit.target.classes])}, but the output ` +
      `is ${rowsText(fit.output)}`
    );
  },
  sums: (g, comparison) => {
    const { prediction, threshold = 0 } = comparison;
    const expected = realTarget(g, comparison);
    const element = prediction.type.element;
    const isRight = fitsClasses(comparison)
      ? g.equal(firstMaximum(g, prediction), expected)
      : g.equal(
          g.cast(g.lessEqual(threshold, prediction), { element }),
          g.cast(g.less(0.5, expected), { element }),
        );
    return {
      total: totalOf(g, comparison, g.cast(g.named("is_right", isRight), { element })),
      count: countOf(g, comparison),
    };
  },
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});
