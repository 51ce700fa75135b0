// Logarithms in pure arithmetic: see double-arithmetic.ts.
import { exponentOf, powersOfTwo } from "./double-arithmetic.ts";

/**
 * ln(1 + f) − f + f²/2 for √½ ≤ 1 + f < √2: with s = f / (2 + f), ln(1 + f) = 2 artanh s = 2s + 2s³/3 + 2s⁵/5 + …, as
 * f − f²/2 + s (f²/2 + R), which rounds little. R is fdlibm's polynomial (Sun Microsystems, e_log.c, 1993), of relative
 * error 2⁻⁵⁸.
 */
function log1pRest(f: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  return s * (0.5 * f * f + (odd + even));
}

/** ln x = k ln 2 + ln m for x = 2ᵏ m; ln 2 is a sum of two doubles, the first so short that k times it is exact. */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return logAtEdge(x);
  const k = exponentOf(x);
  const f = x * powersOfTwo[1024 - k] * 0.5 - 1;
  return k * 0.6931471803691238 - (0.5 * f * f - (log1pRest(f) + k * 1.9082149292705877e-10) - f);
}

/** ln of what is not a positive normal number; subnormal x are 2⁻⁵⁴ · (2⁵⁴ x). */
function logAtEdge(x: number): number {
  if (x === 0) return -Infinity;
  if (x < 0) return NaN;
  return x < 1 ? log(x * 18014398509481984) - 54 * 0.6931471805599453 : x;
}

/**
 * ln(1 + x) without loss near 0: u = 1 + x as rounded has ln u = k ln 2 + ln m, and what rounding lost, c = 1
 * + x − u, adds c / u.
 */
export function log1p(x: number): number {
  const u = 1 + x;
  const k = exponentOf(u);
  const lost = u > 2 ? 1 - (u - x) : x - (u - 1);
  const f = k === 0 ? x : u * powersOfTwo[1024 - k] * 0.5 - 1;
  const rest = k * 1.9082149292705877e-10 + (k === 0 ? 0 : lost / u);
  const value = k * 0.6931471803691238 - (0.5 * f * f - (log1pRest(f) + rest) - f);
  if (x > -1 && x < Infinity) return x === 0 ? x : value;
  // −∞ at −1 and NaN below, as arithmetic: where a branch gives such a constant, engines keep every result on the heap.
  return x < 0 ? -1 / Math.sqrt(u) : x;
}
