/** Functions of real numbers that JavaScript lacks. */

/** σ(x) = 1 / (1 + e⁻ˣ), in [0, 1]; no overflow for any x. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** p(x) by Horner's rule, the highest coefficient first. */
const polynomial = (x: number, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

const erfSmall = {
  numerator: [
    1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2,
    3.20937758913846947e3,
  ],
  denominator: [
    1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3,
  ],
};
const erfMiddle = {
  numerator: [
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
    2.98635138197400131e2, 8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3,
  ],
  denominator: [
    1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
  ],
};
const erfLarge = {
  numerator: [
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
    1.60837851487422766e-2, 6.58749161529837803e-4,
  ],
  denominator: [
    1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
    2.33520497626869185e-3,
  ],
};

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt, to about 1e-16: rational approximations on three intervals, after W. J. Cody,
 * "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
 */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875)
    return (x * polynomial(x * x, erfSmall.numerator)) / polynomial(x * x, erfSmall.denominator);
  if (y > 6) return Math.sign(x);
  const s = 1 / (y * y);
  const ratio =
    y <= 4
      ? polynomial(y, erfMiddle.numerator) / polynomial(y, erfMiddle.denominator)
      : (1 / Math.sqrt(Math.PI) -
          (s * polynomial(s, erfLarge.numerator)) / polynomial(s, erfLarge.denominator)) /
        y;
  return Math.sign(x) * (1 - Math.exp(-x * x) * ratio);
}
