// The exponential function and its relatives to the precision of f32, in pure arithmetic of doubles
// (double-arithmetic.ts): shorter and faster than those of the folder above, with the same names. Modules in
// f32 have this folder's files in place of those. Results are doubles, of relative error below 2⁻²⁵, to be
// rounded.
import { nearest, powersOfTwo } from "../double-arithmetic.ts";

/**
 * 2ʸ = 2ᵏ · 2ʳ of whole k and |r| ≤ ½, by a minimax polynomial (weighted least squares after C. L. Lawson),
 * relative error 2⁻²⁸. Its first two coefficients are those of the series, so that 1 − βᵗ, which Adam divides
 * by, is as exact where βᵗ is near 1. Below −1023 the result is what rounds to 0.
 */
export function exp2(y: number): number {
  const z = Math.min(Math.max(y, -1023), 1024);
  const k = nearest(z);
  const r = z - k;
  const p =
    1 +
    r *
      (0.6931471805599453 +
        r *
          (0.240226475497 +
            r * (0.0555036225233 + r * (0.00961852630587 + r * (0.00133901616431 + r * 0.000153211547702)))));
  return p * powersOfTwo[(k | 0) + 1023];
}

/** eˣ = 2^(x / ln 2) */
export function exp(x: number): number {
  return exp2(x * 1.4426950408889634);
}

/** eˣ − 1; near 0 x + x² (1/2 + x/6 + …), minimax (Remez), relative error 2⁻²⁶. */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 0.35)) return exp(x) - 1;
  return (
    x +
    x *
      x *
      (0.4999999804 +
        x * (0.166665385935 + x * (0.04166722154786 + x * (0.00836719264937 + x * 0.001388240061185))))
  );
}

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}
