// The exponential function and its relatives, in pure arithmetic: see double-arithmetic.ts.
import { nearest, powersOfTwo, productError } from "./double-arithmetic.ts";

/** 2^(j/64) for 0 ≤ j < 64: the double at 2j, what that leaves over at 2j + 1. */
export const rootsOfTwo: Float64Array = tableOfRootsOfTwo();

/** Each entry is the one before times 2^(1/64), in pairs of doubles. */
function tableOfRootsOfTwo(): Float64Array {
  const root = 1.0108892860517005;
  const rootRest = -1.5234778603368577e-17;
  const table = new Float64Array(128);
  table[0] = 1;
  for (let j = 0; j < 126; j += 2) {
    const product = table[j] * root;
    const rest = productError(table[j], root, product) + (table[j] * rootRest + table[j + 1] * root);
    table[j + 2] = product + rest;
    table[j + 3] = product - table[j + 2] + rest;
  }
  return table;
}

/** eʳ − 1 = r + r²/2 + … + r⁶/720 for |r| ≤ 0.0055, to a relative error of 5·10⁻¹⁸. */
export function expm1NearZero(r: number): number {
  return r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
}

/**
 * eˣ to 0.53 units in the last place. With k the whole number nearest to 64 x / ln 2,
 *
 *   eˣ = 2^(k/64) · eʳ,   r = x − k ln 2 / 64,   |r| ≤ 0.0055,   eʳ = 1 + r + r²/2 + … + r⁶/720,
 *
 * where ln 2 / 64 is a sum of two doubles, the first so short that k times it is exact (W. J. Cody and W.
 * Waite, 1980), and 2^(k/64) comes from tables (P. T. P. Tang, "Table-driven implementation of the
 * exponential function", 1989).
 */
export function exp(x: number): number {
  // Beyond these bounds the result is 0 or infinite; NaN passes.
  const y = Math.min(Math.max(x, -746), 710);
  const k = nearest(y * 92.33248261689366);
  const r = y - k * 0.010830424696223417 - k * 2.572804622327669e-14;
  const p = expm1NearZero(r);
  const j = (k & 63) * 2;
  // In two factors, as 2^⌊k/64⌋ itself may overflow, and so that a subnormal result is rounded once.
  const half = k >> 7;
  const power = powersOfTwo[half + 1023];
  return (
    (rootsOfTwo[j] + (rootsOfTwo[j + 1] + rootsOfTwo[j] * p)) * power * powersOfTwo[(k >> 6) - half + 1023]
  );
}

/** eˣ − 1 without loss near 0: k, r and tables as in `exp`, (2^(k/64) − 1) + 2^(k/64) (eʳ − 1). */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 40) || x === 0) return x > 0 ? exp(x) : x < 0 ? -1 : x;
  const k = nearest(x * 92.33248261689366);
  const r = x - k * 0.010830424696223417 - k * 2.572804622327669e-14;
  const p = expm1NearZero(r);
  const j = (k & 63) * 2;
  const power = powersOfTwo[(k >> 6) + 1023];
  return power * rootsOfTwo[j] - 1 + power * (rootsOfTwo[j + 1] + rootsOfTwo[j] * p);
}

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]; no overflow for any x. */
export function sigmoid(x: number): number {
  return x < -709 ? exp(x) : 1 / (1 + exp(-x));
}
