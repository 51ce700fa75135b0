/** Functions that activations, losses, layers and formulas share. Each is a composition of ops. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";

/**
 * softplus(x) = log(1 + eˣ), used by the activations and several losses.
 *
 * m = max(x, 0) is a shift that cancels, so it is excluded from the derivative:
 *
 *     softplus(x) = m + log(e^(−m) + e^(x − m)) = m + log1p(e^(x − m) + expm1(−m))
 *
 * No exponent is positive, so nothing overflows. For x < 0 the result is log1p(eˣ), with full precision. The
 * derivative is e^(x − m) / (e^(−m) + e^(x − m)) = σ(x) everywhere. That includes 0, where a form with |x|
 * has a kink.
 */
export function softplus(g: GraphBuilder, x: Node): Node {
  const shift = g.stopGradient(g.part("shift", g.relu(x)));
  const exponential = g.part("shifted_exponential", g.exp(g.subtract(x, shift)));
  const excess = g.part("softplus_excess", g.add(exponential, g.expm1(g.negate(shift))));
  return g.add(shift, g.log1p(excess));
}

/** x · Φ(x), where Φ(x) = (1 + erf(x/√2)) / 2 is the normal distribution (Hendrycks and Gimpel 2016). */
export function gelu(g: GraphBuilder, x: Node): Node {
  return timesTwicePhi(g, x, g.part("erf", g.erf(g.multiply(Math.SQRT1_2, x))));
}

/** gelu with Φ(x) = (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2. */
export function geluTanh(g: GraphBuilder, x: Node): Node {
  const cubic = g.add(x, g.multiply(0.044715, g.multiply(x, g.part("square", g.multiply(x, x)))));
  return timesTwicePhi(g, x, g.part("tanh", g.tanh(g.multiply(Math.sqrt(2 / Math.PI), cubic))));
}

/** (x / 2) · (1 + odd) */
const timesTwicePhi = (g: GraphBuilder, x: Node, odd: Node): Node =>
  g.multiply(g.multiply(0.5, x), g.part("twice_phi", g.add(1, odd)));

/** x · σ(x) */
export const silu = (g: GraphBuilder, x: Node): Node => g.multiply(x, g.part("gate", g.sigmoid(x)));

export const lastAxis = (x: Node): number => x.type.shape.length - 1;

/** Repeats `x`, which lacks the last axis of `like`, along that axis. */
export const alongLastAxis = (g: GraphBuilder, x: Node, like: Node): Node =>
  g.repeatAlong(x, [lastAxis(like)], like.type.shape);

export interface ShiftedExponentials {
  readonly shifted: Node;
  readonly exponentials: Node;
  /** The sum s, without the last axis. */
  readonly sum: Node;
}

/**
 * The parts along the last axis that softmax, its logarithm and cross-entropy share. Subtracting the maximum
 * keeps every exponent at or below 0. The maximum cancels, so it is excluded from the derivative.
 *
 *     m = max_j x_j        shifted_j = x_j − m        e_j = exp(shifted_j)        s = Σ_j e_j ≥ 1
 */
export function shiftedExponentials(g: GraphBuilder, x: Node): ShiftedExponentials {
  const axes = [lastAxis(x)];
  const maximum = g.stopGradient(g.part("maximum", g.reduceMax(x, { axes })));
  const shifted = g.part("shifted", g.subtract(x, alongLastAxis(g, maximum, x)));
  const exponentials = g.part("exponentials", g.exp(shifted));
  const sum = g.part("sum_of_exponentials", g.reduceSum(exponentials, { axes }));
  return { shifted, exponentials, sum };
}

/** e_j / s */
export function softmax(g: GraphBuilder, x: Node): Node {
  const { exponentials, sum } = shiftedExponentials(g, x);
  return g.divide(exponentials, alongLastAxis(g, sum, x));
}

/** shifted_j − log s */
export function logSoftmax(g: GraphBuilder, x: Node): Node {
  const { shifted, sum } = shiftedExponentials(g, x);
  return g.subtract(shifted, alongLastAxis(g, g.log(sum), x));
}
