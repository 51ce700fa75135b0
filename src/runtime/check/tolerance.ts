/**
 * How far a gradient may be from central differences of the loss in double precision. A number of b bits is
 * off by u = 2⁻ᵇ of itself, and some thousand roundings lie between the loss and a derivative:
 *
 *     |gradient − slope| ≤ 2¹² · u · max(|gradient|, |slope|, floor)      with b = 24: 2⁻¹² ≈ 2.4e-4
 *
 * The floor is there because sums cancel: an element that comes out small carries the rounding of what it was
 * summed from, which is of the size of its tensor's mean, and of a tensor whose gradient is zero in exact
 * arithmetic nothing else is left. In f64 the same would be 5e-13, less than what differences can tell: there
 * the bound is theirs.
 */

export interface Tolerance {
  /** The largest relative error that is none. */
  readonly bound: number;
  /** The least that errors are relative to, given the mean size of this gradient and the largest such mean. */
  floorOf(mean: number, largest: number): number;
}

export const tolerances: Readonly<Record<"f32" | "f64", Tolerance>> = {
  f32: { bound: 1 / 4096, floorOf: (mean, largest) => Math.max(mean, largest / 256) },
  f64: { bound: 1e-6, floorOf: (_mean, largest) => 1e-3 * largest },
};
