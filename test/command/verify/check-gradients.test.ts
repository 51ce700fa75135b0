// The choice of the gradient elements that `verify` compares. If a test fails, a wrong gradient of a large
// model is not found, the check takes hours, or it changes parameters.
import { describe, expect, it } from "vitest";
import type { CheckedLoss } from "../../../src/runtime/check/check-gradients.ts";
import { checkGradients } from "../../../src/runtime/check/check-gradients.ts";
import type { Trainer } from "../../../src/runtime/trainer/trainer.ts";

/** loss = Σ sin(w) over all parameters. Its gradient is cos(w); `spoil` changes each element of the gradient. */
function sines(sizes: readonly number[], flops: number, spoil = (gradient: number, _i: number) => gradient) {
  const named = sizes.map(
    (size, k) => [`w${k}`, Float64Array.from({ length: size }, (_, i) => Math.sin(i + k))] as const,
  );
  const parameters = Object.fromEntries(named);
  const gradients = Object.fromEntries(
    named.map(([name, w]) => [name, Float64Array.from(w, (value, i) => spoil(Math.cos(value), i))]),
  );
  const calls = { count: 0 };
  const value = () => {
    calls.count++;
    return named.reduce((sum, [, w]) => w.reduce((part, x) => part + Math.sin(x), sum), 0);
  };
  const trainer: Pick<Trainer, "gradient" | "gradients"> = { gradient: value, gradients };
  const loss: CheckedLoss = { parameters, value, flops };
  const check = () => checkGradients(trainer, {}, loss, { seed: 1 });
  return { check, calls, parameters };
}

describe("checkGradients", () => {
  it("compares every element of small parameters, and finds a wrong one", () => {
    const spoil = (gradient: number, i: number) => (i === 7 ? gradient * (1 + 1e-4) : gradient);
    const [first, second] = sines([20, 5], 1e4, spoil).check();
    expect([first.elements, first.directions, first.worst?.at]).toEqual([20, 0, "[7]"]);
    expect(first.relativeError).toBeGreaterThan(9e-5);
    expect([second.elements, second.relativeError < 1e-8]).toEqual([5, true]);
  });
  it("finds one wrong element among thousands that is not in the sample", () => {
    const [found] = sines([5000], 1e8, (gradient, i) => (i === 3210 ? gradient + 0.01 : gradient)).check();
    expect(found.elements).toBeLessThan(100);
    expect(found.worst?.at).toMatch(/^random direction \d$/);
    expect(found.relativeError).toBeGreaterThan(1e-6);
    const [right] = sines([5000], 1e8).check();
    expect(right.relativeError).toBeLessThan(1e-7);
  });
  it("evaluates an expensive loss less often, but at least once per parameter", () => {
    const counts = [1e6, 1e8, 1e12].map((flops) => {
      const { check, calls } = sines([3000, 3000, 3000], flops);
      const checks = check();
      for (const { elements, directions } of checks) {
        expect(elements).toBeGreaterThanOrEqual(2);
        expect(directions).toBeGreaterThanOrEqual(2);
      }
      return calls.count;
    });
    const [cheap, dear, huge] = counts;
    expect(cheap).toBeGreaterThan(3 * 256 * 5);
    expect(dear * 1e8, "about within the budget").toBeLessThan(2 * 6e10);
    expect(huge).toBeLessThan(dear);
    expect(huge).toBeLessThan(3 * 4 * 31 + 10);
  });
  it("restores parameters bit for bit", () => {
    const { check, parameters } = sines([40, 2000], 1e8);
    const before = JSON.stringify(Object.values(parameters).map((w) => [...w]));
    check();
    expect(JSON.stringify(Object.values(parameters).map((w) => [...w]))).toBe(before);
  });
});
