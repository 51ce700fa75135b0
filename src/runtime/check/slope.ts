/**
 * The derivative of a function at 0 from its values alone. From central differences at widths h that halve
 * each time,
 *
 *     c(h) = (f(h) − f(−h)) / 2h = f′ + O(h²),      C(h) = c(h) + (c(h) − c(2h)) / 3 = f′ + O(h⁴)
 *
 * take the C that agrees best with the previous one (C. J. F. Ridders, "Accurate computation of F′(x)", 1982). Wide
 * steps suffer from curvature and kinks nearby, narrow ones from rounding; where both are small the values agree. A
 * kink mostly lies on one side: differences on the other side are then accurate where central ones are not,
 *
 *     r(h) = (4 f(h) − f(2h) − 3 f(0)) / 2h = f′ + O(h²),      R(h) = r(h) + (r(h) − r(2h)) / 3
 *
 * A kink at 0 itself shows in the difference of the one-sided slopes:
 *
 *     g(h) = |f(h) − 2 f(0) + f(−h)| / h  →  |f′₊ − f′₋|
 *
 * Where f is smooth, g halves with h; at a kink it is constant. There is a kink if g at the narrowest width is
 * more than
 * three quarters of the previous g, and more than rounding explains.
 */

export interface Slope {
  readonly value: number;
  /** The uncertainty: the difference from the neighbouring value, and rounding. */
  readonly doubt: number;
  /** Whether the one-sided slopes differ at every width: there is no derivative. */
  readonly isKink: boolean;
  /** The one-sided slopes. */
  readonly below: number;
  readonly above: number;
}

interface Estimate {
  readonly value: number;
  readonly doubt: number;
}

const widestStep = 1 / 128;
const stepWidths = 15;

/** `scale`: the magnitude of relevant slopes. Agreement to a billionth of it is sufficient. */
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
    // Near a kink one side may look smooth, and at a kink both: to end early, all must agree.
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

/** Takes differences at widths that halve each time; returns their limit. */
function extrapolation(): (slope: number, noise: number) => Estimate {
  let [coarse, before] = [NaN, NaN];
  return (slope, noise) => {
    const value = slope + (slope - coarse) / 3;
    const doubt = Math.abs(value - before) + noise;
    [coarse, before] = [slope, value];
    return { value, doubt };
  };
}
