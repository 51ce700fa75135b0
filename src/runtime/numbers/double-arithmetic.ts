// Exact arithmetic with doubles, the basis of the elementary functions. ECMAScript leaves Math.exp, Math.log,
// Math.pow and others to the engine, and engines differ in the last bits. Sums, products, quotients and
// square roots are the same everywhere. The runtime computes all elementary functions from these operations
// alone, so training is bit-identical in every engine.

/**
 * Rounds x to the nearest integer, ties to even, for |x| ≤ 2⁵¹. Doubles above 2⁵² have no fraction, so the
 * sum x + 1.5 · 2⁵² is rounded to an integer. Subtracting 1.5 · 2⁵² again is exact.
 */
export function nearest(x: number): number {
  return x + 6755399441055744 - 6755399441055744;
}

/**
 * Returns the rounding error of a product: the exact value of x·y − product, where `product` is x·y rounded.
 * |x| and |y| must be below 2⁹⁹⁰. Each factor is split into two halves of 26 bits. The products of halves are
 * exact (T. J. Dekker, "A floating-point technique for extending the available precision", 1971).
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

/** The powers 2^k for −1023 ≤ k ≤ 1024, at index k + 1023. The last power is ∞. */
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
 * A double, and the same 64 bits as two 32-bit integers. The integer at index `highWord` contains the sign,
 * the exponent and the first 20 bits of the fraction.
 */
const bitsOfDouble: Float64Array = new Float64Array([1]);
const wordsOfDouble: Int32Array = new Int32Array(bitsOfDouble.buffer);
const highWord: number = wordsOfDouble[1] === 0 ? 0 : 1;

/** Returns the exponent k of x = 2ᵏ m with √½ ≤ m < √2. x must be positive and normal. */
export function exponentOf(x: number): number {
  bitsOfDouble[0] = x;
  // 0x3fe6a09e is the high word of √½.
  return (wordsOfDouble[highWord]! - 0x3fe6a09e) >> 20;
}
