// The error function to the precision of f32: see exponential.ts.

/**
 * erf x = x P(x²) / Q(x²): minimax (weighted least squares after C. L. Lawson), relative error 2⁻²⁵. From
 * 3.93 on it is 1, exactly: what is multiplied with 1 + erf x far below zero, as in gelu, is 0.
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
