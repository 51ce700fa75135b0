// Elementary functions in the precision of f32, bit-identical in every engine. In f32 trainers, they replace
// the f64 functions, because they are shorter and faster. They return doubles with a relative error below
// 2⁻²⁵. These doubles are rounded to f32 when they are stored.
import { exponentOf, nearest, powersOfTwo } from "./double-arithmetic.ts";
import { largeAngle } from "./trigonometric.ts";

/**
 * 2ʸ = 2ᵏ · 2ʳ with integer k and |r| ≤ ½. 2ʳ is approximated by a minimax polynomial (weighted least squares
 * after C. L. Lawson) with a relative error of 2⁻²⁸. The first two coefficients of the polynomial are those
 * of the Taylor series, so that 1 − βᵗ in Adam is accurate for βᵗ near 1. For y below −1023, the result is
 * 2⁻¹⁰²³, which becomes 0 in f32.
 */
export function exp2(y: number): number {
  const z = Math.min(Math.max(y, -1023), 1024);
  const k = nearest(z);
  const r = z - k;
  const p =
    1 +
    r *
      (0.6931471805599453 +
        r *
          (0.240226475497 +
            r * (0.0555036225233 + r * (0.00961852630587 + r * (0.00133901616431 + r * 0.000153211547702)))));
  return p * powersOfTwo[(k | 0) + 1023]!;
}

/** eˣ = 2^(x / ln 2). The factor is a constant, and a product is faster than a quotient. */
export function exp(x: number): number {
  return exp2(x * (1 / 0.6931471805599453));
}

/** eˣ − 1. For |x| < 0.35: x + x² (1/2 + x/6 + …), a minimax polynomial (Remez), relative error 2⁻²⁶. */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 0.35)) return exp(x) - 1;
  return (
    x +
    x *
      x *
      (0.4999999804 +
        x * (0.166665385935 + x * (0.04166722154786 + x * (0.00836719264937 + x * 0.001388240061185))))
  );
}

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/**
 * log₂ x = k + log₂ m for x = 2ᵏ m, √½ ≤ m < √2. With s = (m − 1) / (m + 1), log₂ m = 2/ln 2 · artanh s = s
 * P(s²), where P is a minimax polynomial (Remez). The relative error is 2⁻³⁸. It must be this small because a
 * power multiplies the error by y.
 */
export function log2(x: number): number {
  if (!(x > 1e-300 && x < 1e300)) return log2AtEdge(x);
  const k = exponentOf(x);
  const m = x * powersOfTwo[1023 - k]!;
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

/** log₂ x for x that is not positive, is not finite, or is near the ends of the table of powers. */
function log2AtEdge(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x < 0 ? NaN : x;
  const shift = x < 1 ? 64 : -64;
  return log2(x * powersOfTwo[1023 + shift]!) - shift;
}

/** ln x = log₂ x · ln 2 */
export function log(x: number): number {
  return log2(x) * 0.6931471805599453;
}

/** ln(1 + x). For |x| < 3·10⁻⁸, x is an accurate approximation, whereas 1 + x would lose most digits of x. */
export function log1p(x: number): number {
  return Math.abs(x) < 3e-8 ? x : log(1 + x);
}

/**
 * x^y = 2^(y log₂ x). Special values are those of Math.pow: x⁰ is 1 for any x, 1^±∞ is NaN, and x^y is NaN if
 * x is negative and y is not an integer.
 */
export function power(x: number, y: number): number {
  if (y === 0) return 1;
  const size = Math.abs(x);
  if (x < 0 && size < Infinity && y % 1 !== 0 && Math.abs(y) < Infinity) return NaN;
  const value = exp2(y * log2(size));
  // Odd powers of negative numbers are negative, −0 included.
  return Math.abs(y % 2) === 1 && (x < 0 || 1 / x < 0) ? -value : value;
}

/**
 * tanh x = x P(x²) / Q(x²), a minimax approximation (weighted least squares after C. L. Lawson) with a
 * relative error of 2⁻²⁹. For |x| > 9.02, the result is exactly ±1, so the derivative 1 − tanh² of a
 * saturated unit is exactly 0.
 */
export function tanh(x: number): number {
  const z = x * x;
  const p =
    0.99999999905 +
    z * (0.137853659457 + z * (0.00400851147725 + z * (0.0000315891194807 + z * 5.07624297115e-8)));
  const q =
    1 +
    z *
      (0.471186983498 +
        z * (0.027737521121 + z * (0.000420741213155 + z * (0.00000161748995053 + z * 7.37447704652e-10))));
  return Math.abs(x) > 9.02 ? Math.sign(x) : (x * p) / q;
}

/**
 * erf x = x P(x²) / Q(x²), a minimax approximation (weighted least squares after C. L. Lawson) with a
 * relative error of 2⁻²⁵. For |x| > 3.93, the result is exactly ±1. So a product with 1 + erf x, as in gelu,
 * is exactly 0 for large negative x.
 */
export function erf(x: number): number {
  const z = x * x;
  const p =
    1.12837914536 +
    z *
      (0.190783528538 +
        z * (0.0527902489257 + z * (0.00377959736736 + z * (0.00028480851529 + z * 0.00000204197517671))));
  const q =
    1 +
    z *
      (0.50241021949 +
        z * (0.114257400094 + z * (0.0149974130733 + z * (0.0011652102016 + z * 0.0000380041165764))));
  return Math.abs(x) > 3.93 ? Math.sign(x) : (x * p) / q;
}

/**
 * sin(r + turn · π/2) for |r| ≤ π/4, by minimax polynomials (Remez; C. L. Lawson). Their relative errors are
 * 2⁻²⁸ for the sine and 2⁻³³ for the cosine.
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
 * sin(x + quarter · π/2). Let n be the integer nearest to 2x/π. Then x = n π/2 + r with |r| ≤ π/4, and
 * quarter + n selects ±sin r or ±cos r. π/2 is stored as the sum of two doubles. The first double has only 33
 * bits, so its product with n is exact (W. J. Cody and W. Waite, 1980). For |x| ≥ 10⁶, n π/2 is subtracted in
 * integer arithmetic.
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
