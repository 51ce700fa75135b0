// Graphs with a required result on the test split. The README shows the range of results over ten seeds, all
// of which meet the bounds. If a test fails, training has become worse; an unlucky seed is not the cause.
import { describe, expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

describe("accuracy on rows that training never saw", () => {
  test.each([
    { graph: "iris", data: "iris", rows: 30, least: 0.93 },
    { graph: "wine", data: "wine", rows: 36, least: 0.94 },
    { graph: "digits", data: "digits", rows: 359, least: 0.96 },
    { graph: "residual", data: "digits", rows: 359, least: 0.96 },
  ])("$graph has an accuracy of at least $least on its test split", async ({ graph, data, rows, least }) => {
    const { model, train, test: tested } = await runProgram(graph, data);
    expect(model).toBe(graph);
    expect(tested?.accuracy).toBeGreaterThanOrEqual(least);
    // An accuracy over this many rows is a multiple of 1 / rows, if it was counted over the whole split and
    // not averaged over batches.
    const right = (tested?.accuracy ?? NaN) * rows;
    expect(Math.abs(right - Math.round(right))).toBeLessThan(1e-9);
    expect(train.accuracy).toBeGreaterThanOrEqual(least);
  });
});

describe("two targets of wines", () => {
  test("learns both, and reports the metrics of each and the weighted sum", async () => {
    const {
      train,
      validation,
      test: tested = expect.unreachable(),
    } = await runProgram("wine-targets", "wine");
    expect(Object.keys(tested)).toEqual([
      "loss",
      "cultivar.loss",
      "cultivar.accuracy",
      "alcohol.loss",
      "alcohol.mae",
      "alcohol.r2",
    ]);
    expect(tested["cultivar.accuracy"]).toBeGreaterThanOrEqual(0.9);
    // Predicting the mean has an error of 0.69 and an r² of 0. Errors are in the unit of the data, volume percent.
    expect(tested["alcohol.mae"]).toBeLessThanOrEqual(0.6);
    expect(tested["alcohol.r2"]).toBeGreaterThan(0.35);
    for (const figures of [train, validation ?? expect.unreachable(), tested])
      expect(figures.loss).toBeCloseTo(figures["cultivar.loss"] + 0.5 * figures["alcohol.loss"], 9);
  });
});

describe("diabetes", () => {
  test("has a root mean square error of at most 60 on its test split, and its loss is that error", async () => {
    const { test: tested, validation } = await runProgram("diabetes", "diabetes");
    expect(tested?.rmse).toBeLessThanOrEqual(60);
    expect(tested?.loss).toBeCloseTo(tested?.rmse ?? NaN, 4);
    expect(validation?.rmse).toBeLessThanOrEqual(60);
    // Predicting the mean has an r² of 0. The network must be better.
    expect(tested?.r2).toBeGreaterThan(0.35);
  });
});
