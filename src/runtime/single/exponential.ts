// The exponential function and its relatives to the precision of f32, in pure arithmetic of doubles (double-arithmetic.ts):
// shorter and faster than those of the folder above, with the same names. Results are doubles, to be rounded.
import { nearest, powersOfTwo } from "../double-arithmetic.ts";

/**
 * 2ʸ = 2ᵏ · 2ʳ of whole k and |r| ≤ ½, by a minimax polynomial (Remez), relative error 2⁻²⁷. Beyond ±1023 the result is what
 * rounds to 0 or ∞.
 */
export function exp2(y: number): number {
  const z = Math.min(Math.max(y, -1023), 1023);
  const k = nearest(z);
  const r = z - k;
  const p = 1 + r * (0.6931472028819 + r * (0.2402263737919 + r * (0.05550329621449 + r * (0.009618919693947 + r * (0.001340162804528 + r * 0.0001537269008921))))); // prettier-ignore
  return p * powersOfTwo[(k | 0) + 1023];
}

/** eˣ = 2^(x / ln 2) */
export function exp(x: number): number {
  return exp2(x * 1.4426950408889634);
}

/** eˣ − 1; near 0 x + x² (1/2 + x/6 + …), minimax (Remez), relative error 2⁻²⁶. */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 0.35)) return exp(x) - 1;
  return x + x * x * (0.4999999804 + x * (0.166665385935 + x * (0.04166722154786 + x * (0.00836719264937 + x * 0.001388240061185)))); // prettier-ignore
}

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}
