// Exact arithmetic of doubles, on which the elementary functions stand. ECMAScript leaves Math.exp, Math.log,
// Math.pow and their like to the engine, and engines differ in the last bits; sums, products, quotients and
// square roots it does not. So the runtime computes its functions from these alone, and training gives the
// same bits in every engine.

/**
 * The whole number nearest to x, |x| ≤ 2⁵¹, ties to even: beyond 2⁵² doubles have no fraction, so adding 1.5
 * · 2⁵² rounds, and subtracting it again is exact.
 */
export function nearest(x: number): number {
  return x + 6755399441055744 - 6755399441055744;
}

/**
 * x·y − product, exactly, for product = x·y as rounded; |x| and |y| below 2⁹⁹⁰. Each factor is split into
 * halves of 26 bits whose products are exact (T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971).
 */
export function productError(x: number, y: number, product: number): number {
  const xSplit = 134217729 * x;
  const ySplit = 134217729 * y;
  const xHigh = xSplit - (xSplit - x);
  const yHigh = ySplit - (ySplit - y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xHigh * yHigh - product + xHigh * yLow + xLow * yHigh + xLow * yLow;
}

/** 2^k for −1023 ≤ k ≤ 1024 stands at k + 1023; the last is ∞. */
export const powersOfTwo: Float64Array = tableOfPowersOfTwo();

function tableOfPowersOfTwo(): Float64Array {
  const table = new Float64Array(2048);
  let power = 1;
  for (let k = 0; k <= 1023; k++) {
    table[1023 + k] = power;
    table[1023 - k] = 1 / power;
    power *= 2;
  }
  table[2047] = power;
  return table;
}

/**
 * One double and the same 64 bits as two integers: read at `highWord`, sign, exponent and the first 20 bits
 * of the fraction.
 */
const bitsOfDouble: Float64Array = new Float64Array([1]);
const wordsOfDouble: Int32Array = new Int32Array(bitsOfDouble.buffer);
const highWord: number = wordsOfDouble[1] === 0 ? 0 : 1;

/** k of x = 2ᵏ m with √½ ≤ m < √2, for positive x that is not subnormal. */
export function exponentOf(x: number): number {
  bitsOfDouble[0] = x;
  // 0x3fe6a09e: how √½ begins
  return (wordsOfDouble[highWord] - 0x3fe6a09e) >> 20;
}
