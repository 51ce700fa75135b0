/**
 * The parts that optimizers share: keys, running means, bias corrections. Scalars of a step, such as rates,
 * corrections and powers of β, are computed in f64, as in PyTorch. They are rounded once, when they are
 * combined with the parameters. (In f32 trainers, the errors of elementary functions are smaller than the
 * error of this rounding.)
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";

export const weightDecayKey = (value: number) =>
  z.number().nonnegative().default(value).describe("The strength of the decay of parameters towards zero.");

export const epsilonKey = (value: number) =>
  z
    .number()
    .nonnegative()
    .default(value)
    .describe("A number added to the denominator to avoid a division by zero.");

export const fractionKey = (value: number, about: string) =>
  z.number().min(0).lt(1).default(value).describe(about);

export const momentsKeys = {
  beta1: fractionKey(0.9, "The decay rate of the running mean of gradients."),
  beta2: fractionKey(0.999, "The decay rate of the running mean of squared gradients."),
  epsilon: epsilonKey(1e-8),
};

/** The scalar, cast to the element type of `like`. */
export const asNumberOf = (g: GraphBuilder, scalar: Node, like: Node): Node =>
  scalar.type.element === like.type.element ? scalar : g.cast(scalar, { element: like.type.element });

export const square = (g: GraphBuilder, x: Node): Node => g.multiply(x, x);

/** g + wd · p: the gradient of the loss plus wd/2 · Σp². */
export const decayed = (g: GraphBuilder, gradient: Node, parameter: Node, weightDecay: number): Node =>
  weightDecay === 0
    ? gradient
    : g.named("decayed_gradients", g.add(gradient, g.multiply(weightDecay, parameter)));

/** β · mean + (1 − β) · x */
export const runningMean = (g: GraphBuilder, mean: Node, x: Node, beta: number): Node =>
  g.add(g.multiply(beta, mean), g.multiply(1 - beta, x));

/** βᵗ for a scalar t */
export const powerOf = (g: GraphBuilder, beta: number, t: Node): Node =>
  g.power(g.number(beta, t.type.element), t);

/** 1 − βᵗ. A running mean of t numbers that starts at zero is too small by this factor. */
export const biasCorrection = (g: GraphBuilder, beta: number, t: Node): Node =>
  g.subtract(1, powerOf(g, beta, t));

/** p − factor · direction, where the factor is a scalar f64. */
export const moved = (g: GraphBuilder, parameter: Node, factor: Node, direction: Node): Node =>
  g.subtract(parameter, g.multiply(asNumberOf(g, factor, parameter), direction));

// Limits on gradients, which apply before weight decay and update.
//
//     norm c:   g ← g · min(1, c / (‖g‖ + 10⁻⁶))
//     value c:  g ← max(−c, min(g, c))
//
// The norm is that of all gradients together, as in torch.nn.utils.clip_grad_norm_.

type Clip = { readonly norm: number } | { readonly value: number };

/** The flat gradient after clipping. */
export const clipped = (g: GraphBuilder, gradient: Node, clip: Clip): Node =>
  g.within({ composite: "clip" }, () => {
    if ("value" in clip)
      return g.named("clipped_gradients", g.maximum(g.minimum(gradient, clip.value), -clip.value));
    const squares = g.named("sum_of_squares", g.reduceSum(square(g, gradient), { axes: [0] }));
    const norm = g.named("norm", g.sqrt(squares));
    const factor = g.named("clip_factor", g.minimum(g.divide(clip.norm, g.add(norm, 1e-6)), 1));
    return g.named("clipped_gradients", g.multiply(factor, gradient));
  });
