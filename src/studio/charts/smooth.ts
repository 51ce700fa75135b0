/** Smooths a curve, so that its trend is visible through the noise of batches. */
import type { Point } from "./chart.ts";

/**
 * The exponential moving average of a curve, divided by the sum of its weights, so that it starts at the first
 * value and not at 0:
 *
 *     aₜ = β aₜ₋₁ + (1 − β) yₜ          sₜ = aₜ / (1 − βᵗ)
 *
 * `weight` is β, from 0 (the curve itself) to below 1. A value that is not finite stays, and does not enter the
 * average.
 */
export function smoothed(points: readonly Point[], weight: number): Point[] {
  let [average, left] = [0, 1];
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, y];
    average = weight * average + (1 - weight) * y;
    left *= weight;
    return [x, average / (1 - left)];
  });
}
