/**
 * Estimates the derivative f′ of a function f at 0 from differences of width h, which is halved repeatedly.
 * Extrapolation makes each central difference c(h) more accurate:
 *
 *     c(h) = (f(h) − f(−h)) / 2h = f′ + O(h²),      C(h) = c(h) + (c(h) − c(2h)) / 3 = f′ + O(h⁴)
 *
 * The result is the C(h) that agrees best with the previous one (C. J. F. Ridders, "Accurate computation of
 * F′(x)", 1982). Wide differences have errors from curvature and nearby kinks, and narrow differences have
 * rounding errors. Consecutive values agree where both kinds of errors are small. A nearby kink is usually on
 * one side of 0. Central differences are then inaccurate, but one-sided differences r(h) on the other side
 * are accurate:
 *
 *     r(h) = (4 f(h) − f(2h) − 3 f(0)) / 2h = f′ + O(h²),      R(h) = r(h) + (r(h) − r(2h)) / 3
 *
 * If there is a kink at 0 itself, the one-sided slopes differ:
 *
 *     g(h) = |f(h) − 2 f(0) + f(−h)| / h  →  |f′₊ − f′₋|
 *
 * Where f is smooth, g halves with h; at a kink, g stays constant. So 0 is a kink if g at the narrowest width
 * is more than three quarters of the previous g, and larger than rounding errors can explain.
 */

export interface Slope {
  readonly value: number;
  /** The estimated error: the difference from the previous estimate, plus rounding. */
  readonly error: number;
  /** Whether 0 is a kink: the one-sided slopes differ, so there is no derivative. */
  readonly isKink: boolean;
  /** The slopes on both sides of 0. */
  readonly below: number;
  readonly above: number;
}

interface Estimate {
  readonly value: number;
  readonly error: number;
}

const widestStep = 1 / 128;
const stepWidths = 15;

/**
 * Estimates the slope of f at 0. `scale` is the magnitude of relevant slopes. An error of a billionth of
 * `scale` is accepted.
 */
export function slopeAt0(f: (t: number) => number, scale: number): Slope {
  const middle = f(0);
  const extrapolate = [extrapolation(), extrapolation(), extrapolation()];
  const bests: Estimate[] = extrapolate.map(() => ({ value: NaN, error: Infinity }));
  let best = bests[0]!;
  let [farAbove, farBelow, gap] = [NaN, NaN, NaN];
  let isKink = false;
  for (let k = 0, h = widestStep; k < stepWidths; k++, h /= 2) {
    const [above, below] = [f(h), f(-h)];
    const rounding = (2 * Number.EPSILON * Math.abs(middle)) / h;
    const differences = [
      { slope: (above - below) / (2 * h), noise: rounding },
      { slope: (4 * above - farAbove - 3 * middle) / (2 * h), noise: 4 * rounding },
      { slope: (4 * below - farBelow - 3 * middle) / (-2 * h), noise: 4 * rounding },
    ];
    differences.forEach(({ slope, noise }, side) => {
      const next = extrapolate[side]!(slope, noise);
      if (next.error < bests[side]!.error) bests[side] = next;
      if (next.error < best.error) best = next;
    });
    // Near a kink, the differences on one side may converge to a wrong slope; at a kink, both sides converge
    // to different slopes. So stop early only if all three differences agree.
    const size = Math.max(scale, Math.abs(best.value));
    const agree = differences.every(({ slope }) => Math.abs(slope - best.value) <= 1e-4 * size);
    if (agree && best.error <= 1e-9 * size) break;
    const nextGap = Math.abs(above - 2 * middle + below) / h;
    isKink = k === stepWidths - 1 && nextGap > 0.75 * gap && nextGap > 16 * rounding;
    [farAbove, farBelow, gap] = [above, below, nextGap];
  }
  const [, right, left] = bests;
  return { ...best, isKink, below: left!.value, above: right!.value };
}

/** Creates a function that takes the differences at h, h/2, h/4, … and returns their limits for h → 0. */
function extrapolation(): (slope: number, noise: number) => Estimate {
  let [coarse, before] = [NaN, NaN];
  return (slope, noise) => {
    const value = slope + (slope - coarse) / 3;
    const error = Math.abs(value - before) + noise;
    [coarse, before] = [slope, value];
    return { value, error };
  };
}
