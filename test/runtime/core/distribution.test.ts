// The summary of a distribution of numbers. If a test fails, a histogram or a statistic is wrong.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distributionOf } from "../../../src/runtime/trainer/probe.ts";

describe("a distribution", () => {
  it("has the statistics of their definitions", () => {
    const { count, min, max, mean, std, norm, zeros } = distributionOf(new Float64Array([3, 0, -4, 0, 6]));
    expect({ count, min, max, mean, zeros }).toEqual({ count: 5, min: -4, max: 6, mean: 1, zeros: 0.4 });
    // (4 + 1 + 25 + 1 + 25) / 5, and 9 + 16 + 36
    expect(std).toBeCloseTo(Math.sqrt(56 / 5), 14);
    expect(norm).toBeCloseTo(Math.sqrt(61), 14);
  });
  it("counts numbers that are not finite, and ignores them in everything else", () => {
    const values = new Float32Array([1, NaN, 2, Infinity, -Infinity]);
    expect(distributionOf(values)).toEqual({ ...distributionOf(new Float32Array([1, 2])), notFinite: 3 });
  });
  it("of no numbers, and of one repeated number, has statistics without NaN", () => {
    expect(distributionOf(new Float32Array([NaN]))).toMatchObject({ count: 0, mean: 0, std: 0, zeros: 0 });
    const same = distributionOf(new Float32Array([7, 7, 7]));
    expect(same).toMatchObject({ min: 7, max: 7, mean: 7, std: 0 });
    expect(same.histogram).toEqual([3, ...Array.from({ length: 31 }, () => 0)]);
  });
  it("counts every number in the interval that contains it", () => {
    const { histogram } = distributionOf(new Float64Array(Array.from({ length: 33 }, (_, i) => i)));
    expect(histogram).toEqual([...Array.from({ length: 31 }, () => 1), 2]);
  });
  it("counts every number, however large or small", () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }));
    fc.assert(
      fc.property(numbers, (values) => {
        const { histogram, count } = distributionOf(new Float64Array(values));
        expect(count).toBe(values.length);
        expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(count);
        expect(histogram).toHaveLength(32);
      }),
    );
  });
});
