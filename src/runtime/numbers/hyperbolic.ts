// The hyperbolic tangent in pure arithmetic: see double-arithmetic.ts.
import { nearest, productError } from "./double-arithmetic.ts";

/** tanh(k/16) for −305 ≤ k ≤ 305: the double at 2k + 610, what that leaves over at 2k + 611. */
const tanhOfSixteenths: Float64Array = tableOfTanh();

/** tanh a = 1 − 2 / (e^(2a) + 1) in pairs of doubles; the powers of e^(1/8) each from the one before. */
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
    // (power − 1) / (power + 1): the quotient, then what division by the same number makes of the remainder
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

/** ±1, or x itself if that is zero or NaN: apart from `tanh` to keep that short, which engines inline only then. */
function signOrSelf(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/**
 * tanh x. With a = k/16 the sixteenth nearest to x and r = x − a, |r| ≤ 1/32,
 *
 *   tanh x = tanh a + (1 − tanh² a) · tanh r / (1 + tanh a · tanh r),
 *
 * tanh a from a table and tanh r = r − r³/3 + … by a polynomial in r² (Chebyshev, relative error 10⁻¹⁹). Odd
 * to the last bit.
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
  const a = tanhOfSixteenths[j];
  return a + (tanhOfSixteenths[j + 1] + ((1 - a * a) * t) / (1 + a * t));
}
