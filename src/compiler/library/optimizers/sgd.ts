/**
 * Gradient descent, as torch.optim.SGD:
 *
 *     d ← g + wd · p
 *     v ← μ · v + (1 − dampening) · d        at the first step v ← d
 *     p ← p − lr · (d + μ · v with nesterov, v with momentum, d without)
 */
import * as z from "zod";
import { defineOptimizer } from "../define.ts";
import type { Update } from "../define.ts";
import { decayed, moved, weightDecayKey } from "./parts.ts";

export const sgd = defineOptimizer({
  name: "sgd",
  about: "gradient descent, with or without momentum",
  defaultRate: 0.001,
  keys: {
    momentum: z
      .number()
      .nonnegative()
      .default(0)
      .describe("The fraction of the velocity that is retained at each step."),
    dampening: z
      .number()
      .default(0)
      .describe("The fraction of the gradient that is not added to the velocity."),
    nesterov: z.boolean().default(false).describe("If true, uses Nesterov momentum."),
    weightDecay: weightDecayKey(0),
  },
  states: ({ momentum }): Record<string, "like"> => (momentum === 0 ? {} : { velocity: "like" }),
  refuse: ({ momentum, dampening, nesterov }) =>
    nesterov && (momentum === 0 || dampening !== 0)
      ? { key: "nesterov", message: "needs a momentum greater than 0 and a dampening of 0" }
      : undefined,
  update: (g, { parameter, gradient, state, step, rate }, keys): Update => {
    const { momentum, dampening, nesterov, weightDecay } = keys;
    const direction = decayed(g, gradient, parameter, weightDecay);
    if (momentum === 0) return { parameter: moved(g, parameter, rate, direction), state: {} };
    const kept = g.multiply(momentum, state.velocity);
    const damped = g.add(kept, g.multiply(1 - dampening, direction));
    // The velocity is zero before the first step, so without dampening, the first step needs no special case.
    const velocity = g.named(
      "next_velocity",
      dampening === 0 ? g.add(kept, direction) : g.select(g.equal(step, 0), direction, damped),
    );
    const total = nesterov ? g.add(direction, g.multiply(momentum, velocity)) : velocity;
    return { parameter: moved(g, parameter, rate, total), state: { velocity } };
  },
});
