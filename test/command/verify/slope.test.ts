// The numeric derivatives that `verify` compares with gradients. If a test fails, a correct gradient fails,
// or an incorrect one passes.
import { describe, expect, it } from "vitest";
import { slopeAt0 } from "../../../src/runtime/check/slope.ts";

describe("the slopes of smooth functions are found", () => {
  it.each([
    ["a line", (t: number) => 3 * t + 7, 3],
    ["an exponential", (t: number) => Math.exp(3 * t), 3],
    ["a sine, fast", (t: number) => Math.sin(40 * t), 40],
    ["a small slope of a large value", (t: number) => 150 + 1e-3 * Math.sin(t), 1e-3],
    ["a constant", () => 5, 0],
  ])("%s", (_, f, slope) => {
    const found = slopeAt0(f, 1e-3);
    expect(Math.abs(found.value - slope) / Math.max(slope, 1e-3)).toBeLessThan(1e-7);
    expect(found.isKink).toBe(false);
  });

  it.each([1e-3, 1e-4, -1e-4, 1e-5])(
    "a kink at %f makes one side unusable; the other has the slope",
    (kink) => {
      const found = slopeAt0((t) => 2 * t + 3 * t * t + 100 + 0.5 * Math.abs(t - kink), 1e-2);
      expect(found.isKink).toBe(false);
      expect(Math.abs(found.value - (2 - 0.5 * Math.sign(kink)))).toBeLessThan(1e-7);
    },
  );
});

describe("a kink at the point has no slope", () => {
  it.each([
    ["|t|, whose central differences are all 0", (t: number) => Math.abs(t)],
    ["a rectifier", (t: number) => 100 + Math.max(0, t)],
    ["a weak kink on a slope", (t: number) => t + 1e-2 * Math.abs(t)],
    ["a step", (t: number) => (t >= 0 ? 1 : 0)],
  ])("%s", (_, f) => {
    expect(slopeAt0(f, 1e-3).isKink).toBe(true);
  });
});

it("a function with value NaN has no reliable slope", () => {
  expect(slopeAt0(() => NaN, 1).value).toBeNaN();
});
