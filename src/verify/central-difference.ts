/**
 * The derivative of a function at 0 from its values alone. From central differences at widths h shrinking by four,
 *
 *     c(h) = (f(h) − f(−h)) / 2h = f′ + O(h²),      R(h) = c(h) + (c(h) − c(4h)) / 15 = f′ + O(h⁴)
 *
 * and of all R the one that agrees best with the one before it (C. J. F. Ridders, "Accurate computation of F′(x)", 1982). Wide steps
 * suffer from curvature and from kinks nearby, narrow ones from rounding; where both are small the values agree.
 */

export interface Slope {
  readonly value: number;
  /** By how much the chosen value differs from its neighbour: how far it may be trusted. */
  readonly doubt: number;
  /** Whether the slopes on both sides stay apart however narrow the step: there is no derivative. */
  readonly isKink: boolean;
}

const widest = 2 ** -8;
const narrowing = 4;
const widths = 9;

/** `scale` is the size of slopes that matter: agreement to a billionth of it is enough. */
export function slopeAt0(f: (t: number) => number, scale: number): Slope {
  const middle = f(0);
  let best = { value: NaN, doubt: Infinity };
  let [central, extrapolated, gap] = [NaN, NaN, NaN];
  let isKink = false;
  for (let k = 0; k < widths; k++) {
    const h = widest / narrowing ** k;
    const [above, below] = [f(h), f(-h)];
    const nextCentral = (above - below) / (2 * h);
    const next = nextCentral + (nextCentral - central) / (narrowing ** 2 - 1);
    const doubt = Math.abs(next - extrapolated);
    if (doubt < best.doubt) best = { value: next, doubt };
    // Where f is smooth, the slopes on both sides differ by h·f″, a quarter of what they differed by before.
    const nextGap = Math.abs(above - 2 * middle + below) / h;
    isKink = nextGap > gap / 2 && nextGap > 1e-5 * Math.max(scale, Math.abs(nextCentral));
    [central, extrapolated, gap] = [nextCentral, next, nextGap];
    if (best.doubt <= 1e-9 * Math.max(scale, Math.abs(best.value))) return { ...best, isKink: false };
  }
  return { ...best, isKink };
}
