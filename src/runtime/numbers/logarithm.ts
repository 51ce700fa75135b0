// Logarithms and powers, bit-identical in every engine.
import { exponentOf, nearest, powersOfTwo, productError } from "./double-arithmetic.ts";
import { expm1NearZero, rootsOfTwo } from "./exponential.ts";

/**
 * ln(1 + f) − f + f²/2 for √½ ≤ 1 + f < √2. With s = f / (2 + f), ln(1 + f) = 2 artanh s = 2s + 2s³/3 + 2s⁵/5
 * + … To keep rounding errors small, this is computed as f − f²/2 + s (f²/2 + R), where R is fdlibm's
 * polynomial (Sun Microsystems, e_log.c, 1993) with a relative error of 2⁻⁵⁸.
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

/**
 * ln x = k ln 2 + ln m for x = 2ᵏ m. ln 2 is stored as the sum of two doubles. The first double has so few
 * bits that its product with k is exact.
 */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return logAtEdge(x);
  const k = exponentOf(x);
  const f = x * powersOfTwo[1024 - k]! * 0.5 - 1;
  return k * 0.6931471803691238 - (0.5 * f * f - (log1pRest(f) + k * 1.9082149292705877e-10) - f);
}

/** ln of zero, negative, subnormal, infinite and NaN x. A subnormal x is first multiplied by 2⁵⁴. */
function logAtEdge(x: number): number {
  if (x === 0) return -Infinity;
  if (x < 0) return NaN;
  return x < 1 ? log(x * 18014398509481984) - 54 * 0.6931471805599453 : x;
}

/**
 * ln(1 + x) without loss of digits near 0. Let u be the rounded value of 1 + x, and c = 1 + x − u its
 * rounding error. Then ln(1 + x) ≈ ln u + c / u, where ln u = k ln 2 + ln m as in `log`.
 */
export function log1p(x: number): number {
  const u = 1 + x;
  const k = exponentOf(u);
  const lost = u > 2 ? 1 - (u - x) : x - (u - 1);
  const f = k === 0 ? x : u * powersOfTwo[1024 - k]! * 0.5 - 1;
  const rest = k * 1.9082149292705877e-10 + (k === 0 ? 0 : lost / u);
  const value = k * 0.6931471803691238 - (0.5 * f * f - (log1pRest(f) + rest) - f);
  if (x > -1 && x < Infinity) return x === 0 ? x : value;
  // The result is −∞ at −1 and NaN below. Both are computed, because engines would allocate results if the
  // function returned constants.
  return x < 0 ? -1 / Math.sqrt(u) : x;
}

/**
 * x^y. Special values are those of Math.pow: x⁰ is 1 for any x, 1^±∞ is NaN, and x^y is NaN if x is negative
 * and y is not an integer. The error is at most 0.6 units in the last place for |y log₂ x| ≤ 1000.
 */
export function power(x: number, y: number): number {
  const size = Math.abs(x);
  const isPlain = x > 0 && x < Infinity && Math.abs(y) < Infinity;
  if (isPlain) return powerOfPositive(x, y);
  if (y === 0) return 1;
  if (x !== x || y !== y) return NaN;
  if (Math.abs(y) === Infinity) return size === 1 ? NaN : size > 1 === y > 0 ? Infinity : 0;
  if (x < 0 && size < Infinity && y % 1 !== 0) return NaN;
  const hasDigits = size > 0 && size < Infinity;
  const value = hasDigits ? powerOfPositive(size, y) : size > 1 === y > 0 ? Infinity : 0;
  // Odd powers of negative numbers are negative, −0 included.
  return Math.abs(y % 2) === 1 && (x < 0 || 1 / x < 0) ? -value : value;
}

/**
 * x^y = 2^(y log₂ x). Both log₂ x and its product with y are computed as sums of two doubles, so the last
 * bits are correct even for large exponents (after fdlibm's e_pow.c, Sun Microsystems, 2004). For x = 2ᵏ m
 * with √½ ≤ m < √2, and s = (m − 1) / (m + 1),
 *
 *   log₂ x = k + 2/(3 ln 2) · s · (3 + s² + s⁴ P(s²)),   P(z) = 3/5 + 3/7 z + … (Chebyshev, error 10⁻²⁰),
 *
 * and 2^(n/64 + r) = 2^(n/64) e^(r ln 2) as in `exp`. In the code, a name such as `sRest` is the second of
 * the two doubles whose sum is s.
 */
function powerOfPositive(x: number, y: number): number {
  const isSubnormal = x < 2.2250738585072014e-308;
  const normal = isSubnormal ? x * 18014398509481984 : x;
  const exponent = exponentOf(normal);
  const k = isSubnormal ? exponent - 54 : exponent;
  const m = normal * powersOfTwo[1024 - exponent]! * 0.5;

  const below = m + 1;
  const belowRest = m - (below - 1);
  const s = (m - 1) / below;
  const back = s * below;
  const sRest = (m - 1 - back - productError(s, below, back) - s * belowRest) / below;
  const z = s * s;
  const zRest = productError(s, s, z) + 2 * s * sRest;
  const p =
    z *
    z *
    (0.6 +
      z *
        (0.4285714285714405 +
          z *
            (0.3333333333248435 +
              z *
                (0.27272727502971605 +
                  z *
                    (0.23076892456343187 +
                      z * (0.20002206357338018 + z * (0.17559372811383578 + z * 0.1758457654214663)))))));
  const t = 3 + (z + p);
  const tRest = z - (t - 3) + p + zRest;
  const u = s * t;
  const uRest = productError(s, t, u) + (sRest * t + s * tRest);
  const v = 0.9617966939259756 * u;
  const vRest =
    productError(0.9617966939259756, u, v) + (0.9617966939259756 * uRest + 5.0577616648125907e-17 * u);
  const logarithm = k + v;
  const logarithmRest = v - (logarithm - k) + vRest;

  // For |y| > 10²⁰, every power of x ≠ 1 overflows or underflows, so y can be limited to ±10²⁰.
  const factor = y > 1e20 ? 1e20 : y < -1e20 ? -1e20 : y;
  const e = factor * logarithm;
  if (e > 1025) return Infinity;
  if (e < -1076) return 0;
  const eRest = productError(factor, logarithm, e) + factor * logarithmRest;
  const n = nearest(e * 64);
  const q = expm1NearZero((e - n / 64 + eRest) * 0.6931471805599453);
  const j = (n & 63) * 2;
  const value = rootsOfTwo[j]! + (rootsOfTwo[j + 1]! + rootsOfTwo[j]! * q);
  // 2^⌊n/64⌋ alone may be out of range, so it is applied as two factors.
  const half = n >> 7;
  return value * powersOfTwo[half + 1023]! * powersOfTwo[(n >> 6) - half + 1023]!;
}
