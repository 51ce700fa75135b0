/**
 * Cross-entropy of logits z with class indices y, over the classes of the last axis. Smoothing distributes
 * the fraction ε of the target evenly over all K classes. With `shifted` and `s` from log-sum-exp:
 *
 *     q_j = 1 − ε + ε/K for j = y, and ε/K for the other classes
 *     loss of a row = −Σ_j q_j · log softmax(z)_j = log s − Σ_j q_j · shifted_j
 *
 * The derivative is softmax(z) − q. Rows with y = −1 are excluded from the sum and from the number of rows. A
 * batch with only such rows has loss 0 and gradient 0. With class weights w, each term has the weight of its
 * class, and a row counts as w_y rows, as in PyTorch:
 *
 *     loss of a row = −Σ_j q_j · w_j · log softmax(z)_j
 */
import * as z from "zod";
import { countOf, fitsClasses, meanOf, rowsText, totalOf } from "../compare.ts";
import { defineLoss } from "../define.ts";
import { alongLastAxis, lastAxis, shiftedExponentials } from "../compositions.ts";

export const crossEntropy = defineLoss({
  name: "cross-entropy",
  about: "negative log-likelihood of classes; the network outputs logits",
  keys: {
    smoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe("The fraction of each target that is distributed evenly over all classes."),
  },
  accepts: (fit) => {
    const { target, output } = fit;
    if (target.classes === undefined)
      return 'needs class indices, but the target is real; add "classes" to the target';
    if (fitsClasses(fit)) return undefined;
    return (
      `needs an output of the shape ${rowsText([...target.shape, target.classes])}, one logit per class, ` +
      `got ${rowsText(output)}`
    );
  },
  sums: (g, comparison, { smoothing }) => {
    const { prediction: logits, expected, classWeights } = comparison;
    const axis = lastAxis(logits);
    const { shifted, sum } = shiftedExponentials(g, logits);
    const classes = g.iota({ shape: logits.type.shape, axis });
    const isExpected = g.named("onehot", g.equal(classes, alongLastAxis(g, expected, logits)));
    const count = countOf(g, comparison);
    const uniformPart = smoothing / Number(logits.type.shape[axis]);
    const smoothed = () =>
      g.named("smoothed_target", g.select(isExpected, 1 - smoothing + uniformPart, uniformPart));
    if (classWeights !== undefined && smoothing > 0) {
      const unlikely = g.named(
        "minus_log_softmax",
        g.subtract(alongLastAxis(g, g.log(sum), logits), shifted),
      );
      const perClass = g.multiply(g.multiply(smoothed(), classWeights), unlikely);
      const perRow = g.named("row_loss", g.reduceSum(perClass, { axes: [axis] }));
      // `perRow` already contains the class weights.
      return { total: totalOf(g, { ...comparison, classWeights: undefined }, perRow), count };
    }
    const expectedLogits =
      smoothing === 0 ? g.select(isExpected, shifted, 0) : g.multiply(smoothed(), shifted);
    const expectedLogit = g.named("expected_logit", g.reduceSum(expectedLogits, { axes: [axis] }));
    const perRow = g.named("row_loss", g.subtract(g.log(sum), expectedLogit));
    return { total: totalOf(g, comparison, perRow), count };
  },
  value: (g, sums, _, comparison) => meanOf(g, sums, comparison),
});
