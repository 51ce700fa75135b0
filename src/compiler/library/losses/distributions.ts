/** Losses of predicted distributions: rates of counts, and logarithms of probabilities. */
import { elementwise } from "./elementwise.ts";

/** eᵖ − t · p, as PyTorch's PoissonNLLLoss of the log rate without Stirling's term. */
export const poisson = elementwise({
  name: "poisson",
  about: "negative log-likelihood of counts; the network gives the logarithm of their rate",
  keys: {},
  element: (g, p, t) => g.subtract(g.exp(p), g.multiply(t, p)),
  estimate: (g, p) => g.exp(p),
});

/** t · (log t − p), and t · log t is 0 at t = 0; the mean over all elements, as PyTorch's default. */
export const klDivergence = elementwise({
  name: "kl-divergence",
  about: "how far predicted log-probabilities are from target probabilities",
  keys: {},
  element: (g, p, t) => g.subtract(g.select(g.less(0, t), g.multiply(t, g.log(t)), 0), g.multiply(t, p)),
  estimate: (g, p) => g.exp(p),
});
