// Sine and cosine, bit-identical in every engine.
import { nearest } from "./double-arithmetic.ts";

/** sin(r + e) = r − r³/6 + … for |r| ≤ π/4, tiny e. Coefficients of fdlibm's k_sin.c, relative error 2⁻⁵⁸. */
function sinNearZero(r: number, e: number): number {
  const z = r * r;
  const p =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return r - (z * (0.5 * e - z * r * p) - e - z * r * -0.16666666666666632);
}

/** cos(r + e) = 1 − r²/2 + … for |r| ≤ π/4, tiny e. Coefficients of fdlibm's k_cos.c, absolute error 2⁻⁵⁸. */
function cosNearZero(r: number, e: number): number {
  const z = r * r;
  const p =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (0.00002480158728947673 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * p - r * e));
}

/** sin(r + e + turn · π/2) for |r| ≤ π/4. */
function sinOfTurned(r: number, e: number, turn: number): number {
  const value = (turn & 1) === 0 ? sinNearZero(r, e) : cosNearZero(r, e);
  return (turn & 2) === 0 ? value : -value;
}

/**
 * sin(x + quarter · π/2). Let n be the integer nearest to 2x/π. Then x = n π/2 + r + e with |r| ≤ π/4, where
 * e is the rounding error of r, and quarter + n selects ±sin r or ±cos r. π/2 is stored as the sum of three
 * doubles. The first two doubles have only 33 bits, so their products with n are exact (W. J. Cody and W.
 * Waite, 1980). For |x| ≥ 10⁶, n π/2 is subtracted in integer arithmetic.
 */
function sinOfQuarters(x: number, quarter: number): number {
  if (!(Math.abs(x) < 1e6)) {
    if (!(Math.abs(x) < Infinity)) return NaN;
    const { n, r, e } = largeAngle(x);
    return sinOfTurned(r, e, n + quarter);
  }
  const n = nearest(x * 0.6366197723675814);
  const first = x - n * 1.5707963267341256;
  const second = n * 6.077100506303966e-11;
  const near = first - second;
  const rest = n * 2.0222662487959506e-21 - (first - near - second);
  const r = near - rest;
  return sinOfTurned(r, near - r - rest, n + quarter);
}

/** sin x. */
export function sin(x: number): number {
  return x === 0 ? x : sinOfQuarters(x, 0);
}

/** cos x = sin(x + π/2). */
export function cos(x: number): number {
  return sinOfQuarters(x, 1);
}

/**
 * π/2 in units of 2⁻¹¹⁸⁴. This is precise enough, because the largest double has 1024 bits before the binary
 * point, and no double except 0 is nearer than 2⁻⁶¹ to a multiple of π/2.
 */
const quarterTurn: bigint = BigInt(
  "0x1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c76273644a29410f31c6809bbdf2a33679a748636605614dbe4" +
    "be286e9fc26adadaa3848bc90b6aecc4bcfd8de89885d34c6fdad617feb96de80d6fdbdc70d7f6b5133f4b5d3e4822f8963fcc9250cca" +
    "3d9c8b67b8400f97142c77e0b31b4906c38aba734d22c7f51fa499ebf06caba47b9475b2c38c5e6ac",
);

/**
 * Computes x = n π/2 + r + e in integer arithmetic, for 2¹⁹ < |x| < ∞, where |r| ≤ π/4 and e is the rounding
 * error of r. The n in the result is n modulo 4.
 */
export function largeAngle(x: number): { readonly n: number; readonly r: number; readonly e: number } {
  const size = Math.abs(x);
  // A double below 2⁵³ may have a fraction. Above 2¹⁹, the fraction is a multiple of 2⁻³³.
  const units = size < 9007199254740992 ? BigInt(size * 8589934592) << 1151n : BigInt(size) << 1184n;
  const n = (2n * units + quarterTurn) / (2n * quarterTurn);
  const rest = (units - n * quarterTurn) >> 1000n;
  const r = Number(rest);
  const e = Number(rest - BigInt(r));
  // 2⁻¹⁸⁴
  const unit = Math.sign(x) * 4.078315292499078e-56;
  return { n: Math.sign(x) * Number(n & 3n), r: r * unit, e: e * unit };
}
