/**
 * Losses that are a mean over elements. The elements are real numbers, scores for yes-or-no targets, or
 * predicted distributions.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { countOf, meanOf, realTarget, refuseBinary, refuseReal, totalOf, twoSides } from "../compare.ts";
import { softplus } from "../compositions.ts";
import { defineLoss } from "../define.ts";
import type { Comparison, Loss, Values } from "../define.ts";

/** The definition of a loss that is a mean over elements. It contains the loss of one element. */
interface ElementwiseRow<Keys extends z.ZodRawShape> extends Pick<
  Loss<Keys>,
  "name" | "about" | "keys" | "threshold" | "estimate" | "range"
> {
  readonly accepts?: Loss<Keys>["accepts"];
  readonly value?: Loss<Keys>["value"];
  /** The loss of one element, with prediction p and target t. */
  element(g: GraphBuilder, p: Node, t: Node, keys: Values<Keys>): Node;
}

const elementwise = <const Keys extends z.ZodRawShape>({
  element,
  accepts = refuseReal,
  value = (g, sums, _, comparison) => meanOf(g, sums, comparison),
  ...rest
}: ElementwiseRow<Keys>): Loss<Keys> =>
  defineLoss({
    ...rest,
    accepts,
    sums: (g, comparison, keys) => ({
      total: totalOf(g, comparison, element(g, comparison.prediction, realTarget(g, comparison), keys)),
      count: countOf(g, comparison),
    }),
    value,
  });

// Losses of real numbers. d is the difference p − t between prediction and target.

/** For targets 0 and 1: an output of one half or more means 1. */
const valueThreshold = 0.5;

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
  threshold: valueThreshold,
  element: squaredDifference,
});

/** mean |d| */
export const mae = elementwise({
  name: "mae",
  about: "mean absolute error",
  keys: {},
  threshold: valueThreshold,
  element: (g, p, t) => g.named("distance", g.absolute(difference(g, p, t))),
});

/** √(mean d²), one root over the whole batch */
export const rmse = elementwise({
  name: "rmse",
  about: "root of the mean squared error",
  keys: {},
  threshold: valueThreshold,
  element: squaredDifference,
  value: rootOfMean,
});

/** √(mean (log1p p − log1p t)²), for targets that are not negative, such as counts and prices */
export const rmsle = elementwise({
  name: "rmsle",
  about: "root of the mean squared difference of log(1 + x)",
  keys: {},
  threshold: valueThreshold,
  range: { lowest: 0, otherwise: "for negative numbers, use a loss such as mse" },
  element: (g, p, t) => squaredDifference(g, g.log1p(p), g.log1p(t)),
  value: rootOfMean,
});

/** d²/2 where |d| < δ, δ · (|d| − δ/2) elsewhere */
export const huber = elementwise({
  name: "huber",
  about: "squared for small differences, absolute for large ones",
  keys: {
    delta: z
      .number()
      .positive()
      .default(1)
      .describe("The difference at which the loss changes from squared to absolute."),
  },
  threshold: valueThreshold,
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
  threshold: valueThreshold,
  element: (g, p, t) => {
    const d = difference(g, p, t);
    return g.subtract(g.add(d, softplus(g, g.multiply(-2, d))), Math.LN2);
  },
});

// Losses of one score for a yes-or-no target. Targets are 0 and 1, or −1 and 1 for the margin losses. A
// target of two classes is also valid.

/** The advice for targets that have more than two values. */
const otherLosses = "for other numbers, use a loss such as mse";

/** A score of 0 or more means "yes", as with the perceptron's unit step. */
const scoreThreshold = 0;

/** s · p, with s = 1 where t > 0 and s = −1 elsewhere. It is positive where the score has the right sign. */
const margin = (g: GraphBuilder, p: Node, t: Node): Node =>
  g.named("margin", g.select(g.named("is_yes", g.less(0, t)), p, g.negate(p)));

/** −t · log σ(z) − (1 − t) · log(1 − σ(z)) = softplus(z) − t · z; its derivative is σ(z) − t. */
export const binaryCrossEntropy = elementwise({
  name: "binary-cross-entropy",
  about: "negative log-likelihood of binary targets; the network outputs logits",
  keys: {},
  threshold: scoreThreshold,
  accepts: refuseBinary,
  range: { lowest: 0, highest: 1, otherwise: "scale other numbers to this range, or use a loss such as mse" },
  element: (g, z, t) => g.subtract(softplus(g, z), g.multiply(t, z)),
  estimate: (g, z) => g.sigmoid(z),
});

/** max(0, 1 − s·p). At the corner, the derivative is the mean of both sides, as for every maximum. */
export const hinge = elementwise({
  name: "hinge",
  about: "the amount by which scores miss a margin of 1",
  keys: {},
  threshold: scoreThreshold,
  accepts: refuseBinary,
  range: { ...twoSides, otherwise: otherLosses },
  element: (g, p, t) => g.maximum(g.named("violation", g.subtract(1, margin(g, p, t))), 0),
});

/**
 * max(0, −s·p). It is a maximum, not a relu, because the derivative of relu at 0 is 0. With all weights 0,
 * every score is at the corner, and training must still start.
 */
export const perceptron = elementwise({
  name: "perceptron",
  about: "the amount by which scores are on the wrong side of zero",
  keys: {},
  threshold: scoreThreshold,
  accepts: refuseBinary,
  range: { ...twoSides, otherwise: otherLosses },
  element: (g, p, t) => g.maximum(g.named("violation", g.negate(margin(g, p, t))), 0),
});

// Losses of predicted distributions: rates of counts, or logarithms of probabilities.

/** eᵖ − t · p, as PyTorch's PoissonNLLLoss of a log rate, without Stirling's term. */
export const poisson = elementwise({
  name: "poisson",
  about: "negative log-likelihood of counts; the network outputs the logarithm of their rate",
  keys: {},
  range: { lowest: 0, otherwise: "for negative numbers, use a loss such as mse" },
  element: (g, p, t) => g.subtract(g.exp(p), g.multiply(t, p)),
  estimate: (g, p) => g.exp(p),
});

/**
 * t · (log t − p), where t · log t is 0 at t = 0. The mean is over all elements, as by default in PyTorch.
 */
export const klDivergence = elementwise({
  name: "kl-divergence",
  about: "Kullback-Leibler divergence between target probabilities and predicted log-probabilities",
  keys: {},
  range: { lowest: 0, highest: 1, otherwise: "use probabilities as targets" },
  element: (g, p, t) => g.subtract(g.select(g.less(0, t), g.multiply(t, g.log(t)), 0), g.multiply(t, p)),
  estimate: (g, p) => g.exp(p),
});
