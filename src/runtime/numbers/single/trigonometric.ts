// Sine and cosine to the precision of f32: see exponential.ts.
import { nearest } from "../double-arithmetic.ts";
import { largeAngle } from "../large-angle.ts";

/**
 * sin(r + turn · π/2) for |r| ≤ π/4: minimax (Remez; C. L. Lawson), relative errors 2⁻²⁸ of the sine and 2⁻³³
 * of the cosine.
 */
function sinOfTurned(r: number, turn: number): number {
  const z = r * r;
  const value =
    (turn & 1) === 0
      ? r * (0.9999999967356 + z * (-0.1666665012472 + z * (0.008332011162045 + z * -0.0001950114353461)))
      : 1 +
        z * (-0.4999999969435 + z * (0.04166662034282 + z * (-0.001388668119527 + z * 0.00002438352466294)));
  return (turn & 2) === 0 ? value : -value;
}

/**
 * sin(x + quarter · π/2). With n the whole number nearest to 2x/π, x = n π/2 + r, |r| ≤ π/4: π/2 is a sum of
 * two doubles, the first so short (33 bits) that n times it is exact (W. J. Cody and W. Waite, 1980). Then
 * quarter + n says which of ±sin r and ±cos r it is. Beyond |x| = 10⁶, n π/2 is taken off in whole numbers.
 */
function sinOfQuarters(x: number, quarter: number): number {
  if (!(Math.abs(x) < 1e6)) {
    if (!(Math.abs(x) < Infinity)) return NaN;
    const { n, r } = largeAngle(x);
    return sinOfTurned(r, n + quarter);
  }
  const n = nearest(x * 0.6366197723675814);
  const r = x - n * 1.5707963267341256 - n * 6.077100506506192e-11;
  return sinOfTurned(r, n + quarter);
}

/** sin x. */
export function sin(x: number): number {
  return sinOfQuarters(x, 0);
}

/** cos x = sin(x + π/2). */
export function cos(x: number): number {
  return sinOfQuarters(x, 1);
}
