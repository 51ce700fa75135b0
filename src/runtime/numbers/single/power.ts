// Powers to the precision of f32: see exponential.ts.
import { exp2 } from "./exponential.ts";
import { log2 } from "./logarithm.ts";

/**
 * x^y = 2^(y log₂ x), with the special values of Math.pow: x⁰ is 1 for any x, 1^±∞ and a negative x to a y
 * that is not whole are NaN.
 */
export function power(x: number, y: number): number {
  if (y === 0) return 1;
  const size = Math.abs(x);
  if (x < 0 && size < Infinity && y % 1 !== 0 && Math.abs(y) < Infinity) return NaN;
  const value = exp2(y * log2(size));
  // an odd power of a negative number, −0 among them
  return Math.abs(y % 2) === 1 && (x < 0 || 1 / x < 0) ? -value : value;
}
