// The hyperbolic tangent to the precision of f32: see exponential.ts.

/**
 * tanh x = x P(x²) / Q(x²): minimax (weighted least squares after C. L. Lawson), relative error 2⁻²⁹. From
 * 9.02 on it is 1, exactly: the derivative 1 − tanh² of a unit that is saturated is 0.
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
