/**
 * Compares the results of a trainer with the graphs: each number must be within the bound of ball arithmetic.
 */
import type { BallTrace, NumberTrace } from "./trace.ts";

/** The first number that is outside of its bound. */
export interface Difference {
  /** The result that contains the number, such as `gradient of dense1.weight, step 1`. */
  readonly what: string;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
  /** The largest error that rounding explains. */
  readonly bound: number;
}

/** How tight the bounds of the comparison were. */
export interface Tightness {
  /** The number of compared numbers. */
  compared: number;
  /**
   * The number of results without a bound: for instance, a comparison may be true or false, a divisor may be
   * zero, or a value may overflow.
   */
  unbounded: number;
  /** The number of results whose bound is more than a hundredth of the mean magnitude of their tensor. */
  loose: number;
  /** The largest error as a fraction of its bound, among the bounds that are not zero. */
  worst: number;
}

export const noTightness = (): Tightness => ({ compared: 0, unbounded: 0, loose: 0, worst: 0 });

const meanSize = (list: Float64Array): number =>
  list.reduce((sum, x) => sum + (Number.isFinite(x) ? Math.abs(x) : 0), 0) / (list.length || 1);

/**
 * Compares results. `expected` comes from the original graphs, in doubles. `compiled` comes from the compiled
 * graphs, in the trainer's precision. The radius of `compiled` is the permitted error of the trainer; the
 * radius of `expected` is the error of the reference in doubles.
 */
export function differencesOf(
  actual: NumberTrace,
  expected: BallTrace,
  compiled: BallTrace,
  tightness: Tightness = noTightness(),
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [what, reference] of expected) {
    const values = actual.get(what);
    const bound = compiled.get(what);
    if (values === undefined || bound === undefined || values.length !== reference.mid.length) {
      differences.push({ what: `${what} is missing`, index: 0, actual: NaN, expected: NaN, bound: 0 });
      continue;
    }
    const scale = meanSize(reference.mid);
    let worst: Difference | undefined;
    let worstShare = 1;
    for (let i = 0; i < values.length; i++) {
      const limit = reference.rad[i] + bound.rad[i];
      const value = reference.mid[i];
      tightness.compared++;
      if (!Number.isFinite(limit) || Number.isNaN(value)) {
        tightness.unbounded++;
        continue;
      }
      if (limit > 0.01 * (Math.abs(value) + scale)) tightness.loose++;
      const error = values[i] === value ? 0 : Math.abs(values[i] - value);
      const share = error === 0 ? 0 : limit === 0 ? Infinity : error / limit;
      if (limit > 0 && share <= 1) tightness.worst = Math.max(tightness.worst, share);
      if (share <= worstShare) continue;
      worstShare = share;
      worst = { what, index: i, actual: values[i], expected: value, bound: limit };
    }
    // A comparison with NaN is always false, so NaN needs a separate check.
    const lost = Array.from(values).findIndex(
      (x, i) => Number.isNaN(x) && isBound(reference.mid[i], reference.rad[i] + bound.rad[i]),
    );
    if (lost >= 0 && worst === undefined)
      worst = {
        what,
        index: lost,
        actual: NaN,
        expected: reference.mid[lost],
        bound: reference.rad[lost] + bound.rad[lost],
      };
    if (worst !== undefined) differences.push(worst);
  }
  return differences;
}

const isBound = (value: number, limit: number): boolean => Number.isFinite(limit) && !Number.isNaN(value);
