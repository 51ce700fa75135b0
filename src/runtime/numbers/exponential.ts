// The exponential function, the sigmoid and the hyperbolic tangent, with the same bits in every engine.
import { nearest, powersOfTwo, productError } from "./double-arithmetic.ts";

/**
 * 2^(j/64) for 0 ≤ j < 64, each as the sum of two doubles: the rounded value at index 2j, and its rounding
 * error at 2j + 1.
 */
export const rootsOfTwo: Float64Array = tableOfRootsOfTwo();

/**
 * Computes each entry as the previous entry times 2^(1/64). A number is the sum of two doubles (double-double
 * arithmetic).
 */
function tableOfRootsOfTwo(): Float64Array {
  const root = 1.0108892860517005;
  const rootRest = -1.5234778603368577e-17;
  const table = new Float64Array(128);
  table[0] = 1;
  for (let j = 0; j < 126; j += 2) {
    const product = table[j]! * root;
    const rest = productError(table[j]!, root, product) + (table[j]! * rootRest + table[j + 1]! * root);
    table[j + 2] = product + rest;
    table[j + 3] = product - table[j + 2]! + rest;
  }
  return table;
}

/** eʳ − 1 = r + r²/2 + … + r⁶/720 for |r| ≤ 0.0055, to a relative error of 5·10⁻¹⁸. */
export function expm1NearZero(r: number): number {
  return r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
}

/**
 * eˣ, with an error of at most 0.53 units in the last place. If k is the integer nearest to 64 x / ln 2, then
 *
 *   eˣ = 2^(k/64) · eʳ,   r = x − k ln 2 / 64,   |r| ≤ 0.0055,   eʳ = 1 + r + r²/2 + … + r⁶/720.
 *
 * ln 2 / 64 is stored as the sum of two doubles. The first double has so few bits that its product with k is
 * exact (W. J. Cody and W. Waite, 1980). For the remainder j of k modulo 64, 2^(j/64) comes from a table (P.
 * T. P. Tang, "Table-driven implementation of the exponential function", 1989).
 */
export function exp(x: number): number {
  // Beyond these bounds the result is 0 or infinite. NaN passes through.
  const y = Math.min(Math.max(x, -746), 710);
  const k = nearest(y * 92.33248261689366);
  const r = y - k * 0.010830424696223417 - k * 2.572804622327669e-14;
  const p = expm1NearZero(r);
  const j = (k & 63) * 2;
  // 2^⌊k/64⌋ alone may overflow, so it is applied as two factors. A subnormal result is rounded only once.
  const half = k >> 7;
  const power = powersOfTwo[half + 1023]!;
  return (
    (rootsOfTwo[j]! + (rootsOfTwo[j + 1]! + rootsOfTwo[j]! * p)) *
    power *
    powersOfTwo[(k >> 6) - half + 1023]!
  );
}

/**
 * eˣ − 1 = (2^(k/64) − 1) + 2^(k/64) (eʳ − 1), with k, r and the table as in `exp`. Accurate near 0, where
 * exp(x) − 1 would lose digits.
 */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 40) || x === 0) return x > 0 ? exp(x) : x < 0 ? -1 : x;
  const k = nearest(x * 92.33248261689366);
  const r = x - k * 0.010830424696223417 - k * 2.572804622327669e-14;
  const p = expm1NearZero(r);
  const j = (k & 63) * 2;
  const power = powersOfTwo[(k >> 6) + 1023]!;
  return power * rootsOfTwo[j]! - 1 + power * (rootsOfTwo[j + 1]! + rootsOfTwo[j]! * p);
}

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]. Below −709, e⁻ˣ would overflow, and σ(x) equals eˣ. */
export function sigmoid(x: number): number {
  return x < -709 ? exp(x) : 1 / (1 + exp(-x));
}

/**
 * tanh(k/16) for |k| ≤ 305, each as the sum of two doubles: the rounded value at index 2k + 610, and its
 * rounding error at 2k + 611.
 */
const tanhOfSixteenths: Float64Array = tableOfTanh();

/**
 * Computes tanh a = (e^(2a) − 1) / (e^(2a) + 1) for a = k/16 in double-double arithmetic. Each power of
 * e^(1/8) is the previous power times e^(1/8).
 */
function tableOfTanh(): Float64Array {
  const root = 1.1331484530668263;
  const rootRest = -5.370737708558031e-18;
  const table = new Float64Array(1222);
  let power = 1;
  let powerRest = 0;
  for (let k = 1; k <= 305; k++) {
    const product = power * root;
    const rest = productError(power, root, product) + (power * rootRest + powerRest * root);
    power = product + rest;
    powerRest = product - power + rest;
    // (power − 1) / (power + 1): the quotient, corrected by the remainder of the division.
    const below = power + 1;
    const above = power - 1;
    const quotient = above / below;
    const aboveRest = power - above - 1 + powerRest;
    const belowRest = power - below + 1 + powerRest;
    const back = quotient * below;
    const remainder = above - back - productError(quotient, below, back) + (aboveRest - quotient * belowRest);
    const value = quotient + remainder / below;
    const valueRest = quotient - value + remainder / below;
    table[610 + 2 * k] = value;
    table[611 + 2 * k] = valueRest;
    table[610 - 2 * k] = -value;
    table[611 - 2 * k] = -valueRest;
  }
  return table;
}

/**
 * Returns ±1, or x itself for zero and NaN. This function is separate from `tanh`, because engines inline
 * only short functions.
 */
function signOrSelf(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/**
 * tanh x. Let a = k/16 be the multiple of 1/16 nearest to x, and r = x − a, so |r| ≤ 1/32. Then
 *
 *   tanh x = tanh a + (1 − tanh² a) · tanh r / (1 + tanh a · tanh r).
 *
 * tanh a comes from a table. tanh r = r − r³/3 + … is r times a polynomial in r² (Chebyshev, relative error
 * 10⁻¹⁹). tanh(−x) = −tanh x holds exactly.
 */
export function tanh(x: number): number {
  if (!(Math.abs(x) < 19.0625) || x === 0) return signOrSelf(x);
  const k = nearest(x * 16);
  const r = x - k / 16;
  const s = r * r;
  const t =
    r +
    r *
      s *
      (-0.33333333333333326 +
        s * (0.13333333333127131 + s * (-0.05396824340997718 + s * 0.021852186945586938)));
  const j = (k | 0) * 2 + 610;
  const a = tanhOfSixteenths[j]!;
  return a + (tanhOfSixteenths[j + 1]! + ((1 - a * a) * t) / (1 + a * t));
}
