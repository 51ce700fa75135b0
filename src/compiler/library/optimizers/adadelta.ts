/**
 * Adadelta (Zeiler 2012), as torch.optim.Adadelta:
 *
 *     s ← ρ · s + (1 − ρ) · g²
 *     δ = √(u + ε) / √(s + ε) · g
 *     u ← ρ · u + (1 − ρ) · δ²        p ← p − lr · δ
 */
import { defineOptimizer } from "../define.ts";
import { decayed, epsilonKey, moved, runningMean, fractionKey, square, weightDecayKey } from "./parts.ts";

export const adadelta = defineOptimizer({
  name: "adadelta",
  about: "scales gradients so that updates have the units of the parameters",
  defaultRate: 1,
  keys: {
    rho: fractionKey(0.9, "The decay rate of the running means of squares."),
    epsilon: epsilonKey(1e-6),
    weightDecay: weightDecayKey(0),
  },
  states: () => ({ squares: "like", updates: "like" }),
  update: (g, { parameter, gradient, state, rate }, { rho, epsilon, weightDecay }) => {
    const direction = decayed(g, gradient, parameter, weightDecay);
    const squares = g.named("next_squares", runningMean(g, state.squares, square(g, direction), rho));
    const ratio = g.divide(g.sqrt(g.add(state.updates, epsilon)), g.sqrt(g.add(squares, epsilon)));
    const delta = g.named("delta", g.multiply(ratio, direction));
    const updates = g.named("next_updates", runningMean(g, state.updates, square(g, delta), rho));
    return { parameter: moved(g, parameter, rate, delta), state: { squares, updates } };
  },
});
