// Logarithms to the precision of f32: see exponential.ts.
import { exponentOf, powersOfTwo } from "../double-arithmetic.ts";

/**
 * log₂ x = k + log₂ m of x = 2ᵏ m, √½ ≤ m < √2: with s = (m − 1) / (m + 1), log₂ m = 2/ln 2 · artanh s = s
 * P(s²), minimax (Remez), relative error 2⁻³⁸, as powers multiply it.
 */
export function log2(x: number): number {
  if (!(x > 1e-300 && x < 1e300)) return log2AtEdge(x);
  const k = exponentOf(x);
  const m = x * powersOfTwo[1023 - k];
  const s = (m - 1) / (m + 1);
  const z = s * s;
  return (
    k +
    s *
      (2.8853900817902027 +
        z *
          (0.9617966732001921 +
            z * (0.5770836115409416 + z * (0.41167113728067806 + z * 0.34075930457969206))))
  );
}

/** Of what is not a positive number, or near the ends of the range for which there are powers of two. */
function log2AtEdge(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x < 0 ? NaN : x;
  const shift = x < 1 ? 64 : -64;
  return log2(x * powersOfTwo[1023 + shift]) - shift;
}

/** ln x = log₂ x · ln 2 */
export function log(x: number): number {
  return log2(x) * 0.6931471805599453;
}

/** ln(1 + x), x itself where that is as good. */
export function log1p(x: number): number {
  return Math.abs(x) < 3e-8 ? x : log(1 + x);
}
