/** Losses for class indices: negative log-likelihood, and cross-entropy of scores. */
import type { Node } from "../../../ir/nodes.ts";
import { computed } from "../operator.ts";
import type { OperatorContext, Operators } from "../operator.ts";
import { logSoftmaxAlong } from "./reductions.ts";

/**
 * The loss −w[y] · log p[y] at each position, where axis 1 of the log-probabilities is the axis of classes. Depending
 * on the attribute `reduction`, returns these losses, their sum, or their mean weighted by w. Positions with the class
 * `ignore_index` do not count.
 */
function negativeLogLikelihood(
  context: OperatorContext,
  logs: Node,
  classes: Node,
  weight: Node | undefined,
): Node {
  const { g } = context;
  const { shape } = logs.type;
  const labels = classes.type.element === "i32" ? classes : g.cast(classes, { element: "i32" });
  const isLabel = g.equal(g.iota({ shape, axis: 1 }), g.repeatAlong(labels, [1], shape));
  const zeroElsewhere = (values: Node | number): Node =>
    g.reduceSum(
      g.select(isLabel, typeof values === "number" ? g.broadcastTo(g.number(values), shape) : values, 0),
      {
        axes: [1],
      },
    );
  const chosen = zeroElsewhere(logs);
  const others = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const weights = zeroElsewhere(weight === undefined ? 1 : g.repeatAlong(weight, others, shape));
  const ignored = context.has("ignore_index") ? context.integer("ignore_index", -1) : undefined;
  const counted = ignored === undefined ? weights : g.select(g.equal(labels, ignored), 0, weights);
  const losses = g.multiply(g.negate(chosen), counted);
  const reduction = context.text("reduction", "mean");
  if (reduction === "none") return losses;
  const axes = labels.type.shape.map((_, axis) => axis);
  const total = g.reduceSum(losses, { axes });
  return reduction === "sum" ? total : g.divide(total, g.reduceSum(counted, { axes }));
}

export const lossOperators: Operators = {
  NegativeLogLikelihoodLoss: computed((context, [logs, classes, weight]) =>
    logs === undefined || classes === undefined
      ? context.refuse("needs log-probabilities and classes")
      : negativeLogLikelihood(context, logs, classes, weight),
  ),
  SoftmaxCrossEntropyLoss: computed((context, [scores, classes, weight]) => {
    if (scores === undefined || classes === undefined) return context.refuse("needs scores and classes");
    const logs = logSoftmaxAlong(context.g, scores, [1]);
    const loss = negativeLogLikelihood(context, logs, classes, weight);
    return context.outputs > 1 ? [loss, logs] : loss;
  }),
};
