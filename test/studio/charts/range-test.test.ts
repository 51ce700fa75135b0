// The evaluation of the learning-rate range test. If a test fails, the suggested rate is not one at which the
// loss falls.
import { describe, expect, it } from "vitest";
import { panelText } from "../../../src/studio/charts/chart-text.ts";
import {
  lossesDiverged,
  rangeTestChart,
  rateFactor,
  rateRange,
  rateSteps,
  analyseRangeTest,
  smooth,
} from "../../../src/studio/charts/range-test.ts";

/** 2 at first, falls to 0.5 around the rate 0.01, diverges from 1 on; with a little noise. */
const losses = Array.from({ length: rateSteps }, (_, step) => {
  const decade = Math.log10(rateRange.low) + step / rateRange.perDecade;
  const noise = 0.02 * Math.sin(step * 12.9898);
  return 0.5 + 1.5 / (1 + Math.exp(6 * (decade + 2))) + 10 ** (2 * decade) + noise;
});

describe("a range test", () => {
  it("finds the rate of the steepest fall, and the rate of the lowest loss", () => {
    const { steepest = NaN, lowest = NaN } = analyseRangeTest(losses);
    expect(Math.abs(Math.log10(steepest) + 2)).toBeLessThan(0.15);
    expect(Math.abs(Math.log10(lowest) + 1.15)).toBeLessThan(0.35);
  });

  it("goes from the lowest rate to the highest", () => {
    const { rates } = analyseRangeTest(losses.map((_, step) => rateSteps - step));
    expect(rates[0]).toBe(rateRange.low);
    expect(rates.at(-1)).toBeCloseTo(rateRange.high, 9);
    expect(rates[1] / rates[0]).toBeCloseTo(rateFactor, 12);
  });

  it("finds no rate if the loss never falls", () => {
    for (const flat of [losses.map(() => 1), losses.map(() => 0), losses.map((_, step) => 1 + step), []])
      expect(analyseRangeTest(flat)).not.toHaveProperty("steepest");
  });

  it("stops where the loss diverges, so that later losses do not affect earlier rates", () => {
    const { steepest, lowest } = analyseRangeTest(losses.slice(0, 100));
    for (const last of [NaN, Infinity, 1e30]) {
      const cut = analyseRangeTest([...losses.slice(0, 100), last, 3]);
      expect(cut.losses).toHaveLength(100);
      expect(cut).toMatchObject({ steepest, lowest });
    }
  });

  it("is a chart of the fall with both rates marked, and without the divergence at its end", () => {
    const [panel] = rangeTestChart("digits", analyseRangeTest(losses)).panels;
    for (const { points } of panel.series) for (const [, loss] of points) expect(loss).toBeLessThan(3);
    expect(panel.marks?.map(({ label }) => label)).toEqual(["steepest", "lowest"]);
    expect(panelText(panel, { width: 80, height: 12 })).toContain("▲ steepest   ▲ lowest");
  });
});

describe("smoothing", () => {
  it("keeps a constant, and does not shift a step", () => {
    for (const value of smooth([3, 3, 3, 3])) expect(value).toBeCloseTo(3, 12);
    const step = smooth([...Array<number>(20).fill(0), 0.5, ...Array<number>(20).fill(1)]);
    expect(step[20]).toBeCloseTo(0.5, 12);
  });
});

describe("a loss has diverged", () => {
  it.each([
    ["when it is NaN", [1, NaN], true],
    ["when it is far above its minimum", [1, 0.5, 30], true],
    ["not while it falls", [1, 0.9, 0.8], false],
    ["not by a little noise from the first step on", [1, 1.2, 0.9, 1.3], false],
    ["not by noise in negative losses", [-1, -0.8, -1.2], false],
    ["when negative losses become large", [-1, -1.2, 20], true],
  ])("%s", (_, values, expected) => expect(lossesDiverged(values)).toBe(expected));
});
