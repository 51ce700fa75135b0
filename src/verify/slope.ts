/**
 * The derivative of a function at 0 from its values alone. From central differences at widths h shrinking by two,
 *
 *     c(h) = (f(h) − f(−h)) / 2h = f′ + O(h²),      C(h) = c(h) + (c(h) − c(2h)) / 3 = f′ + O(h⁴)
 *
 * and of all C the one that agrees best with the one before it (C. J. F. Ridders, "Accurate computation of F′(x)", 1982). Wide steps
 * suffer from curvature and from kinks nearby, narrow ones from rounding; where both are small the values agree. A kink mostly
 * lies on one side alone: differences on the other side then stay good at widths at which central ones do not,
 *
 *     r(h) = (4 f(h) − f(2h) − 3 f(0)) / 2h = f′ + O(h²),      R(h) = r(h) + (r(h) − r(2h)) / 3
 */

export interface Slope {
  readonly value: number;
  /** How far the value may be trusted: by how much it differs from its neighbour, and what rounding makes of it. */
  readonly doubt: number;
  /** Whether the slopes on both sides stay apart however narrow the step: there is no derivative. */
  readonly isKink: boolean;
}

const widest = 2 ** -7;
const widths = 15;

/** `scale` is the size of slopes that matter: agreement to a billionth of it is enough. */
export function slopeAt0(f: (t: number) => number, scale: number): Slope {
  const middle = f(0);
  const estimates = [extrapolation(), extrapolation(), extrapolation()];
  let best = { value: NaN, doubt: Infinity };
  let [farAbove, farBelow, gap] = [NaN, NaN, NaN];
  let isKink = false;
  for (let k = 0; k < widths; k++) {
    const h = widest / 2 ** k;
    const [above, below] = [f(h), f(-h)];
    const rounding = (2 * Number.EPSILON * Math.abs(middle)) / h;
    const differences = [
      { slope: (above - below) / (2 * h), noise: rounding },
      { slope: (4 * above - farAbove - 3 * middle) / (2 * h), noise: 4 * rounding },
      { slope: (4 * below - farBelow - 3 * middle) / (-2 * h), noise: 4 * rounding },
    ];
    differences.forEach(({ slope, noise }, side) => {
      const next = estimates[side](slope, noise);
      if (next.doubt < best.doubt) best = next;
    });
    // Beside a kink one side alone may look smooth, and on one both together: to end early, all must agree.
    const size = Math.max(scale, Math.abs(best.value));
    const agree = differences.every(({ slope }) => Math.abs(slope - best.value) <= 1e-4 * size);
    if (agree && best.doubt <= 1e-9 * size) return { ...best, isKink: false };
    // Where f is smooth, the slopes on both sides differ by h·f″, half of what they differed by before.
    const nextGap = Math.abs(above - 2 * middle + below) / h;
    isKink = nextGap > 0.75 * gap && nextGap > 16 * rounding;
    [farAbove, farBelow, gap] = [above, below, nextGap];
  }
  return { ...best, isKink };
}

/** Takes differences at widths shrinking by two; gives what they tend to. */
function extrapolation(): (slope: number, noise: number) => { value: number; doubt: number } {
  let [coarse, before] = [NaN, NaN];
  return (slope, noise) => {
    const value = slope + (slope - coarse) / 3;
    const doubt = Math.abs(value - before) + noise;
    [coarse, before] = [slope, value];
    return { value, doubt };
  };
}
