/**
 * RMSprop (Tieleman and Hinton 2012), as torch.optim.RMSprop:
 *
 *     s ← α · s + (1 − α) · g²
 *     centered: a ← α · a + (1 − α) · g, and s − a² replaces s below
 *     d = g / (√s + ε)
 *     momentum: v ← μ · v + d, and v replaces d below
 *     p ← p − lr · d
 */
import * as z from "zod";
import { defineOptimizer } from "../define.ts";
import type { StateShape } from "../define.ts";
import { decayed, epsilonKey, moved, runningMean, fractionKey, square, weightDecayKey } from "./parts.ts";

export const rmsprop = defineOptimizer({
  name: "rmsprop",
  about: "divides gradients by the root of the running mean of their squares",
  defaultRate: 0.01,
  keys: {
    alpha: fractionKey(0.99, "The decay rate of the running mean of squares."),
    momentum: z
      .number()
      .nonnegative()
      .default(0)
      .describe("The fraction of the velocity that is retained at each step."),
    centered: z
      .boolean()
      .default(false)
      .describe("If true, divides by the standard deviation of the gradients instead."),
    epsilon: epsilonKey(1e-8),
    weightDecay: weightDecayKey(0),
  },
  states: ({ momentum, centered }): Record<string, StateShape> => ({
    squares: "like",
    ...(centered ? { mean: "like" } : {}),
    ...(momentum === 0 ? {} : { velocity: "like" }),
  }),
  update: (g, { parameter, gradient, state, rate }, keys) => {
    const direction = decayed(g, gradient, parameter, keys.weightDecay);
    const squares = g.named("next_squares", runningMean(g, state.squares, square(g, direction), keys.alpha));
    const mean = keys.centered
      ? g.named("next_mean", runningMean(g, state.mean, direction, keys.alpha))
      : undefined;
    // The variance cannot be negative, but rounding can make it so; relu prevents that before the root.
    const variance = mean === undefined ? squares : g.relu(g.subtract(squares, square(g, mean)));
    const scaled = g.divide(direction, g.add(g.sqrt(variance), keys.epsilon));
    const velocity =
      keys.momentum === 0
        ? undefined
        : g.named("next_velocity", g.add(g.multiply(keys.momentum, state.velocity), scaled));
    return {
      parameter: moved(g, parameter, rate, velocity ?? scaled),
      state: { squares, ...(mean && { mean }), ...(velocity && { velocity }) },
    };
  },
});
