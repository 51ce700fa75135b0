/**
 * Losses of one score per yes-or-no answer. Targets are 0 and 1, or for the margin losses −1 and 1; a target
 * of two classes is as good.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { refuseBinary } from "../compare.ts";
import { softplus } from "../compositions.ts";
import { elementwise } from "./elementwise.ts";

/** A score of 0 or more means "yes", as with the perceptron's unit step. */
const threshold = 0;

/** s · p, with s = 1 where t > 0 and −1 elsewhere: positive where the score is on the right side. */
const margin = (g: GraphBuilder, p: Node, t: Node): Node =>
  g.named("margin", g.select(g.named("is_yes", g.less(0, t)), p, g.negate(p)));

/** −t · log σ(z) − (1 − t) · log(1 − σ(z)) = softplus(z) − t · z; its derivative is σ(z) − t. */
export const binaryCrossEntropy = elementwise({
  name: "binary-cross-entropy",
  about: "negative log-likelihood of yes-or-no answers; the network gives logits",
  keys: {},
  threshold,
  accepts: refuseBinary,
  element: (g, z, t) => g.subtract(softplus(g, z), g.multiply(t, z)),
  estimate: (g, z) => g.sigmoid(z),
});

/** max(0, 1 − s·p). At the corner the derivative is half of each side's, as that of every maximum here. */
export const hinge = elementwise({
  name: "hinge",
  about: "how far scores fall short of a margin of 1",
  keys: {},
  threshold,
  accepts: refuseBinary,
  element: (g, p, t) => g.maximum(g.named("violation", g.subtract(1, margin(g, p, t))), 0),
});

/** max(0, −s·p). A maximum, not a relu: from weights of zero, where all scores stand on the corner, it still learns. */
export const perceptron = elementwise({
  name: "perceptron",
  about: "how far scores stand on the wrong side",
  keys: {},
  threshold,
  accepts: refuseBinary,
  element: (g, p, t) => g.maximum(g.named("violation", g.negate(margin(g, p, t))), 0),
});
