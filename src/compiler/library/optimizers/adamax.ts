/**
 * Adamax (Kingma and Ba 2015, section 7.1), as torch.optim.Adamax, at step t = 1, 2, …:
 *
 *     m ← β₁ · m + (1 − β₁) · g        u ← max(β₂ · u, |g| + ε)
 *     p ← p − lr/(1 − β₁ᵗ) · m / u
 */
import { defineOptimizer } from "../define.ts";
import { biasCorrection, decayed, momentsKeys, moved, runningMean, weightDecayKey } from "./parts.ts";

export const adamax = defineOptimizer({
  name: "adamax",
  about: "Adam with the infinity norm of gradients instead of the mean of squares",
  defaultRate: 0.002,
  keys: { ...momentsKeys, weightDecay: weightDecayKey(0) },
  states: () => ({ mean: "like", largest: "like" }),
  update: (g, { parameter, gradient, state, step, rate }, { beta1, beta2, epsilon, weightDecay }) => {
    const direction = decayed(g, gradient, parameter, weightDecay);
    const mean = g.named("next_mean", runningMean(g, state.mean, direction, beta1));
    const candidate = g.add(g.absolute(direction), epsilon);
    const largest = g.named("next_largest", g.maximum(g.multiply(beta2, state.largest), candidate));
    const stepSize = g.named("stepSize", g.divide(rate, biasCorrection(g, beta1, g.add(step, 1))));
    return { parameter: moved(g, parameter, stepSize, g.divide(mean, largest)), state: { mean, largest } };
  },
});
