/**
 * NAdam (Dozat 2016), as torch.optim.NAdam, at step t = 1, 2, …, where ψ is the momentum decay and π starts
 * at 1:
 *
 *     μ_t = β₁ · (1 − 0.96^(t·ψ)/2)        π ← π · μ_t
 *     m ← β₁ · m + (1 − β₁) · g            v ← β₂ · v + (1 − β₂) · g²
 *     p ← p − (lr · (1 − μ_t)/(1 − π) · g + lr · μ_(t+1)/(1 − π · μ_(t+1)) · m) / (√(v/(1 − β₂ᵗ)) + ε)
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineOptimizer } from "../define.ts";
import {
  asNumberOf,
  biasCorrection,
  decayed,
  momentsKeys,
  powerOf,
  runningMean,
  square,
  weightDecayKey,
} from "./parts.ts";

/** μ_t */
const momentumAt = (g: GraphBuilder, t: Node, beta1: number, momentumDecay: number): Node =>
  g.multiply(beta1, g.subtract(1, g.multiply(0.5, powerOf(g, 0.96, g.multiply(momentumDecay, t)))));

export const nadam = defineOptimizer({
  name: "nadam",
  about: "Adam with Nesterov momentum",
  defaultRate: 0.002,
  keys: {
    ...momentsKeys,
    weightDecay: weightDecayKey(0),
    momentumDecay: z
      .number()
      .nonnegative()
      .default(0.004)
      .describe("The rate at which the momentum approaches beta1."),
  },
  states: () => ({ mean: "like", squares: "like", momenta: "scalar" }),
  update: (g, { parameter, gradient, state, step, rate }, keys) => {
    const { beta1, beta2, epsilon, weightDecay, momentumDecay } = keys;
    const t = g.named("t", g.add(step, 1));
    const direction = decayed(g, gradient, parameter, weightDecay);
    const mean = g.named("next_mean", runningMean(g, state.mean, direction, beta1));
    const squares = g.named("next_squares", runningMean(g, state.squares, square(g, direction), beta2));

    const now = g.named("momentum", momentumAt(g, t, beta1, momentumDecay));
    const next = g.named("following_momentum", momentumAt(g, g.add(t, 1), beta1, momentumDecay));
    // States are zero before the first step, but the product π starts at 1.
    const before = g.select(g.equal(step, 0), 1, g.cast(state.momenta, { element: "f64" }));
    const product = g.named("next_momenta", g.multiply(before, now));
    const byGradient = g.named(
      "gradient_rate",
      g.divide(g.multiply(rate, g.subtract(1, now)), g.subtract(1, product)),
    );
    const byMean = g.named(
      "mean_rate",
      g.divide(g.multiply(rate, next), g.subtract(1, g.multiply(product, next))),
    );

    const correction = asNumberOf(g, g.named("correction", biasCorrection(g, beta2, t)), parameter);
    const deviation = g.add(g.sqrt(g.divide(squares, correction)), epsilon);
    const blend = g.add(
      g.multiply(asNumberOf(g, byGradient, parameter), direction),
      g.multiply(asNumberOf(g, byMean, parameter), mean),
    );
    return {
      parameter: g.subtract(parameter, g.divide(blend, deviation)),
      state: { mean, squares, momenta: asNumberOf(g, product, state.momenta) },
    };
  },
});
