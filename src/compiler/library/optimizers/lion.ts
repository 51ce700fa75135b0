/**
 * Lion (Chen et al. 2023):
 *
 *     p ← p · (1 − lr · wd) − lr · sign(β₁ · m + (1 − β₁) · g)
 *     m ← β₂ · m + (1 − β₂) · g
 */
import { defineOptimizer } from "../define.ts";
import { shrunk } from "./adam.ts";
import { moved, runningMean, fractionKey, weightDecayKey } from "./parts.ts";

export const lion = defineOptimizer({
  name: "lion",
  about:
    "moves every parameter by the learning rate, in the direction given by the sign of a mean of its gradients",
  defaultRate: 0.0001,
  keys: {
    beta1: fractionKey(
      0.9,
      "The weight of the running mean in the direction of the update; the gradient has the rest.",
    ),
    beta2: fractionKey(0.99, "The decay rate of the running mean of gradients."),
    weightDecay: weightDecayKey(0),
  },
  states: () => ({ mean: "like" }),
  update: (g, { parameter, gradient, state, rate }, { beta1, beta2, weightDecay }) => {
    const direction = g.sign(runningMean(g, state.mean, gradient, beta1));
    const mean = g.named("next_mean", runningMean(g, state.mean, gradient, beta2));
    const decayedParameter = shrunk(g, parameter, rate, weightDecay);
    return { parameter: moved(g, decayedParameter, rate, direction), state: { mean } };
  },
});
