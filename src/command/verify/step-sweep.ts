/**
 * How a central difference depends on its step: c(h) = (f(h) − f(−h)) / 2h. Its error falls with h² as long
 * as the curvature of f makes it, and rises with ε·|f| / h once rounding does: beside a right gradient the
 * errors draw a V. Beside a wrong one they stay where they are.
 */

export interface SweepPoint {
  readonly h: number;
  readonly difference: number;
  /** |difference − emitted| */
  readonly error: number;
}

/** From 1e-2 to 1e-9, two to a decade. */
const steps: readonly number[] = Array.from(
  { length: 15 },
  (_, k) => Number(`1e-${2 + (k >> 1)}`) / (k % 2 === 0 ? 1 : Math.sqrt(10)),
);

export const stepSweep = (f: (t: number) => number, emitted: number): SweepPoint[] =>
  steps.map((h) => {
    const difference = (f(h) - f(-h)) / (2 * h);
    return { h, difference, error: Math.abs(difference - emitted) };
  });
