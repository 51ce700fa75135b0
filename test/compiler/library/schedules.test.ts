// Learning-rate schedules, compared with formulas computed by hand and, for one-cycle, with PyTorch's
// OneCycleLR. If a test fails, a training step uses a wrong learning rate.
import { describe, expect, it } from "vitest";
import { learningRate } from "../../../src/compiler/library/schedules/index.ts";
import type { ScheduleChoice } from "../../../src/compiler/library/schedules/index.ts";
import { scalar } from "./compute.ts";

const rates = (chosen: ScheduleChoice, steps: readonly number[]) =>
  steps.map((k) => scalar((g, step) => learningRate(g, step, chosen), k));

const expectClose = (actual: readonly number[], expected: readonly number[]) =>
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 14));

describe("schedules", () => {
  it("step changes the rate exactly at multiples of `every`", () => {
    expectClose(
      rates({ type: "step", initial: 1, every: 3, factor: 0.5 }, [0, 2, 3, 5, 6]),
      [1, 1, 0.5, 0.5, 0.25],
    );
  });

  it("exponential is initial · rateᵏ", () => {
    expectClose(rates({ type: "exponential", initial: 0.2, rate: 0.9 }, [0, 1, 5]), [
      0.2,
      0.18,
      0.2 * 0.9 ** 5,
    ]);
  });

  it("polynomial and cosine keep their last value after `steps`", () => {
    const line: ScheduleChoice = { type: "polynomial", initial: 1, power: 1, steps: 4, end: 0.2 };
    expectClose(rates(line, [0, 1, 4, 9]), [1, 0.8, 0.2, 0.2]);
    const wave: ScheduleChoice = { type: "cosine", initial: 1, steps: 4, end: 0 };
    expectClose(rates(wave, [0, 2, 4, 9]), [1, 0.5, 0, 0]);
  });

  it("warm-up rises to the initial rate over K steps, and the schedule starts after it at its own step 0", () => {
    const chosen: ScheduleChoice = { type: "exponential", initial: 0.4, rate: 0.5, warmup: { steps: 4 } };
    expectClose(rates(chosen, [0, 1, 2, 3, 4, 5]), [0.1, 0.2, 0.3, 0.4, 0.4, 0.2]);
  });

  it("one-cycle is OneCycleLR: rises to the peak at 0.3·T − 1, falls to initial/10⁴ at T − 1, and stays there", () => {
    const chosen: ScheduleChoice = { type: "one-cycle", initial: 0.1, steps: 10, peak: 1 };
    const down = (k: number) => 1e-5 + ((1 - 1e-5) * (1 + Math.cos((Math.PI * (k - 2)) / 7))) / 2;
    expectClose(rates(chosen, [0, 1, 2, 5, 9, 50]), [0.1, 0.55, 1, down(5), 1e-5, 1e-5]);
  });

  it("one-cycle of very few steps has no rise, as in PyTorch", () => {
    for (const steps of [1, 2, 3])
      for (const rate of rates({ type: "one-cycle", initial: 0.1, steps, peak: 1 }, [0, 1, 2, 3]))
        expect(rate > 0 && rate <= 1).toBe(true);
  });
});
