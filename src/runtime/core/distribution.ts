// How numbers are distributed: what probing says of activations, gradients and weights.
import type { Numbers } from "./machine.ts";

/**
 * Numbers in short. Those that are not finite are counted, and left out of everything else; the figures of
 * none are 0.
 */
export interface Distribution {
  count: number;
  /** How many are infinite or NaN. */
  notFinite: number;
  min: number;
  max: number;
  mean: number;
  /** √ of the mean of (x − mean)². */
  std: number;
  /** √Σx² */
  norm: number;
  /** The share, 0 to 1, that is exactly 0. */
  zeros: number;
  /**
   * How many lie in each of 32 intervals of one width from `min` to `max`; a number on a bound counts to the
   * higher one, `max` to the last.
   */
  histogram: number[];
}

const intervals = 32;

/** In doubles, in the order of memory: the same numbers give the same bits. */
export function distributionOf(values: Numbers): Distribution {
  let [count, sum, squares, zeros, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    squares += value * value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const notFinite = values.length - count;
  const histogram = Array.from({ length: intervals }, () => 0);
  if (count === 0) return { count, notFinite, min: 0, max: 0, mean: 0, std: 0, norm: 0, zeros: 0, histogram };
  const mean = sum / count;
  let spread = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    spread += (value - mean) * (value - mean);
    // Where all are the same that is 0 / 0, and the first interval has them.
    const place = Math.floor(((value - min) / (max - min)) * intervals) || 0;
    histogram[Math.min(intervals - 1, place)]++;
  }
  const [std, norm] = [Math.sqrt(spread / count), Math.sqrt(squares)];
  return { count, notFinite, min, max, mean, std, norm, zeros: zeros / count, histogram };
}
