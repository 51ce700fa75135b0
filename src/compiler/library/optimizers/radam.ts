/**
 * RAdam (Liu et al. 2020), as torch.optim.RAdam, at step t = 1, 2, …:
 *
 *     m ← β₁ · m + (1 − β₁) · g        v ← β₂ · v + (1 − β₂) · g²
 *     ρ∞ = 2/(1 − β₂) − 1              ρ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ)
 *     ρ > 5:  scale = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)) · √(1 − β₂ᵗ) / (√v + ε)
 *     ρ ≤ 5:  scale = 1, because v averages too few gradients
 *     p ← p − lr/(1 − β₁ᵗ) · scale · m
 */
import { defineOptimizer } from "../define.ts";
import {
  asNumberOf,
  biasCorrection,
  decayed,
  momentsKeys,
  moved,
  powerOf,
  runningMean,
  square,
  weightDecayKey,
} from "./parts.ts";

export const radam = defineOptimizer({
  name: "radam",
  about: "Adam, but it uses the mean of squares only after enough steps",
  defaultRate: 0.001,
  keys: { ...momentsKeys, weightDecay: weightDecayKey(0) },
  states: () => ({ mean: "like", squares: "like" }),
  update: (g, { parameter, gradient, state, step, rate }, { beta1, beta2, epsilon, weightDecay }) => {
    const t = g.named("t", g.add(step, 1));
    const direction = decayed(g, gradient, parameter, weightDecay);
    const mean = g.named("next_mean", runningMean(g, state.mean, direction, beta1));
    const squares = g.named("next_squares", runningMean(g, state.squares, square(g, direction), beta2));

    const correction = g.named("correction", biasCorrection(g, beta2, t));
    const limit = 2 / (1 - beta2) - 1;
    const lost = g.divide(g.multiply(2, g.multiply(t, powerOf(g, beta2, t))), correction);
    const length = g.named("length", g.subtract(limit, lost));
    const product = g.multiply(g.subtract(length, 4), g.subtract(length, 2));
    const rectified = g.sqrt(
      g.divide(g.multiply(limit, product), g.multiply((limit - 4) * (limit - 2), length)),
    );
    const rectification = g.named("rectification", g.multiply(rectified, g.sqrt(correction)));
    const numerator = asNumberOf(g, rectification, parameter);
    const scale = g.select(g.less(5, length), g.divide(numerator, g.add(g.sqrt(squares), epsilon)), 1);

    const stepSize = g.named("stepSize", g.divide(rate, biasCorrection(g, beta1, t)));
    return { parameter: moved(g, parameter, stepSize, g.multiply(scale, mean)), state: { mean, squares } };
  },
});
