/**
 * Adagrad (Duchi, Hazan and Singer 2011), as torch.optim.Adagrad without decay of the learning rate:
 *
 *     s ← s + g²        p ← p − lr · g / (√s + ε)
 */
import { defineOptimizer } from "../define.ts";
import { decayed, epsilonKey, moved, square, weightDecayKey } from "./parts.ts";

export const adagrad = defineOptimizer({
  name: "adagrad",
  about: "divides gradients by the root of the sum of their squares so far",
  defaultRate: 0.01,
  keys: { epsilon: epsilonKey(1e-10), weightDecay: weightDecayKey(0) },
  states: () => ({ squares: "like" }),
  update: (g, { parameter, gradient, state, rate }, { epsilon, weightDecay }) => {
    const direction = decayed(g, gradient, parameter, weightDecay);
    const squares = g.named("next_squares", g.add(state.squares, square(g, direction)));
    const scaled = g.divide(direction, g.add(g.sqrt(squares), epsilon));
    return { parameter: moved(g, parameter, rate, scaled), state: { squares } };
  },
});
