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

// Sweeps of step sizes as lines of blocks, as high as the logarithms of their errors; all on one scale.

const blocks = "▁▂▃▄▅▆▇█";

/** One character a step; an error of 0 is as low as the lowest, one that is no number is a `?`. */
export function sweepBlocks(sweeps: readonly (readonly SweepPoint[])[]): string[] {
  const logarithms = sweeps
    .flat()
    .flatMap(({ error }) => (error > 0 && error < Infinity ? [Math.log10(error)] : []));
  const [low, high] = [Math.min(...logarithms), Math.max(...logarithms)];
  const blockOf = ({ error }: SweepPoint): string => {
    if (!Number.isFinite(error)) return "?";
    if (error === 0 || high === low) return blocks[0];
    return blocks[Math.round(((Math.log10(error) - low) / (high - low)) * (blocks.length - 1))];
  };
  return sweeps.map((sweep) => sweep.map(blockOf).join(""));
}
