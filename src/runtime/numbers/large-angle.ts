// Angles of any size less their multiples of π/2, in whole numbers.

/**
 * π/2 in units of 2⁻¹¹⁸⁴: the largest double has 1024 bits before the point, and no double is nearer than
 * 2⁻⁶¹ to a multiple of π/2.
 */
const quarterTurn: bigint = BigInt(
  "0x1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c76273644a29410f31c6809bbdf2a33679a748636605614dbe4" +
    "be286e9fc26adadaa3848bc90b6aecc4bcfd8de89885d34c6fdad617feb96de80d6fdbdc70d7f6b5133f4b5d3e4822f8963fcc9250cca" +
    "3d9c8b67b8400f97142c77e0b31b4906c38aba734d22c7f51fa499ebf06caba47b9475b2c38c5e6ac",
);

/**
 * x = n π/2 + r + e with |r| ≤ π/4 and e what r loses by rounding, for 2¹⁹ < |x| < ∞. Of n it gives the
 * remainder by 4.
 */
export function largeAngle(x: number): { readonly n: number; readonly r: number; readonly e: number } {
  const size = Math.abs(x);
  // Doubles below 2⁵³ have a fraction, here of at most 2⁻³³.
  const units = size < 9007199254740992 ? BigInt(size * 8589934592) << 1151n : BigInt(size) << 1184n;
  const n = (2n * units + quarterTurn) / (2n * quarterTurn);
  const rest = (units - n * quarterTurn) >> 1000n;
  const r = Number(rest);
  const e = Number(rest - BigInt(r));
  // 2⁻¹⁸⁴
  const unit = Math.sign(x) * 4.078315292499078e-56;
  return { n: Math.sign(x) * Number(n & 3n), r: r * unit, e: e * unit };
}
