// Learning rates that scale with the number of rows per step. If a test fails, a model still trains, but
// worse.
import { expect, test } from "vitest";
import { referenceTrainer } from "../reference/reference-trainer.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "./base-spec.ts";

const withRate = (learningRate: object, training: object = {}) =>
  specWith({
    optimizer: { type: "sgd", learningRate },
    training: { epochs: 1, batchSize: 64, ...training },
  });
const batch = { x: [1, 2, 3, 4], y: [0] };

/** The rates of the first steps. */
function rates(spec: object, steps: number): number[] {
  const trainer = referenceTrainer(spec);
  return Array.from({ length: steps }, () => {
    trainer.step(batch);
    return trainer.learningRate();
  });
}

test.each([
  [{ scaleFrom: 16 }, 4],
  [{ scaleFrom: 16, rule: "linear" }, 4],
  [{ scaleFrom: 16, rule: "sqrt" }, 2],
  [{ scaleFrom: 256 }, 0.25],
  [{ scaleFrom: 64 }, 1],
])("%j multiplies warm-up and schedule alike", (scale, factor) => {
  const schedule = { type: "cosine", initial: 0.1, steps: 5, end: 0.02, warmup: { steps: 3 } };
  const plain = rates(withRate(schedule), 9);
  rates(withRate({ ...schedule, ...scale }), 9).forEach((rate, step) =>
    expect(rate).toBeCloseTo(factor * plain[step], 14),
  );
});

test("scaleFrom with the actual number of rows keeps the rate, and stays in the spec", () => {
  const { learningRate } = parseModel(withRate({ type: "constant", initial: 0.1, scaleFrom: 64 })).optimizer;
  expect(learningRate).toEqual({ type: "constant", initial: 0.1, scaleFrom: 64 });
});

test.each([
  [
    { rule: "sqrt" },
    "optimizer.learningRate.rule scales the rate with the number of rows per step, but scaleFrom is missing",
  ],
  [{ scaleFrom: 0 }, "optimizer.learningRate.scaleFrom must be a positive integer, got 0"],
  [{ scaleFrom: 8, rule: "root" }, 'optimizer.learningRate.rule must be "linear" or "sqrt"'],
])("%j is reported", (scale, message) => {
  expect(faultsOf(withRate({ type: "constant", initial: 0.1, ...scale }))).toContain(message);
});
