/**
 * The derivative of a function at 0 from its values alone. From central differences at widths h shrinking by two,
 *
 *     c(h) = (f(h) − f(−h)) / 2h = f′ + O(h²),      C(h) = c(h) + (c(h) − c(2h)) / 3 = f′ + O(h⁴)
 *
 * and of all C the one that agrees best with the one before it (C. J. F. Ridders, "Accurate computation of
 * F′(x)", 1982). Wide steps suffer from curvature and from kinks nearby, narrow ones from rounding; where
 * both are small the values agree. A kink mostly lies on one side alone: differences on the other side then
 * stay good at widths at which central ones do not,
 *
 *     r(h) = (4 f(h) − f(2h) − 3 f(0)) / 2h = f′ + O(h²),      R(h) = r(h) + (r(h) − r(2h)) / 3
 *
 * A kink at 0 itself shows in what the slopes on both sides differ by, straight from the definition of
 * one-sided derivatives:
 *
 *     g(h) = |f(h) − 2 f(0) + f(−h)| / h  →  |f′₊ − f′₋|
 *
 * Where f is smooth, g falls with h, to half at each width; at a kink it stays. So there is a kink where, at
 * the narrowest width, g is more than three quarters of what it was before, and more than rounding makes of
 * it.
 */

export interface Slope {
  readonly value: number;
  /** How far the value may be trusted: by how much it differs from its neighbour, and what rounding makes of it. */
  readonly doubt: number;
  /** Whether the slopes on both sides stay apart however narrow the step: there is no derivative. */
  readonly isKink: boolean;
  /** The slopes on either side alone. */
  readonly below: number;
  readonly above: number;
}

interface Estimate {
  readonly value: number;
  readonly doubt: number;
}

const widestStep = 1 / 128;
const stepWidths = 15;

/** `scale` is the size of slopes that matter: agreement to a billionth of it is enough. */
export function slopeAt0(f: (t: number) => number, scale: number): Slope {
  const middle = f(0);
  const extrapolate = [extrapolation(), extrapolation(), extrapolation()];
  const bests: Estimate[] = extrapolate.map(() => ({ value: NaN, doubt: Infinity }));
  let best = bests[0];
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
      const next = extrapolate[side](slope, noise);
      if (next.doubt < bests[side].doubt) bests[side] = next;
      if (next.doubt < best.doubt) best = next;
    });
    // Beside a kink one side alone may look smooth, and on one both together: to end early, all must agree.
    const size = Math.max(scale, Math.abs(best.value));
    const agree = differences.every(({ slope }) => Math.abs(slope - best.value) <= 1e-4 * size);
    if (agree && best.doubt <= 1e-9 * size) break;
    const nextGap = Math.abs(above - 2 * middle + below) / h;
    isKink = k === stepWidths - 1 && nextGap > 0.75 * gap && nextGap > 16 * rounding;
    [farAbove, farBelow, gap] = [above, below, nextGap];
  }
  const [, right, left] = bests;
  return { ...best, isKink, below: left.value, above: right.value };
}

/** Takes differences at widths shrinking by two; gives what they tend to. */
function extrapolation(): (slope: number, noise: number) => Estimate {
  let [coarse, before] = [NaN, NaN];
  return (slope, noise) => {
    const value = slope + (slope - coarse) / 3;
    const doubt = Math.abs(value - before) + noise;
    [coarse, before] = [slope, value];
    return { value, doubt };
  };
}
