// The graphs that are judged by a figure on the test part. The bounds are what the project promises; the
// README tells how far the figures spread over ten seeds, and all of those keep the bounds. A miss means that
// training got worse, not an unlucky seed.
import { describe, expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

describe("accuracy on rows that training never saw", () => {
  test.each([
    { graph: "iris", data: "iris", rows: 30, least: 0.93 },
    { graph: "wine", data: "wine", rows: 36, least: 0.94 },
    { graph: "digits", data: "digits", rows: 359, least: 0.96 },
    { graph: "residual", data: "digits", rows: 359, least: 0.96 },
  ])("$graph is right in at least $least of its test part", async ({ graph, data, rows, least }) => {
    const { model, train, test: tested } = await runProgram(graph, data);
    expect(model).toBe(graph);
    expect(tested?.accuracy).toBeGreaterThanOrEqual(least);
    // A share of so many rows: the figure was counted over the whole part, not averaged over batches.
    const right = (tested?.accuracy ?? NaN) * rows;
    expect(Math.abs(right - Math.round(right))).toBeLessThan(1e-9);
    expect(train.accuracy).toBeGreaterThanOrEqual(least);
  });
});

describe("diabetes", () => {
  test("has a root mean square error of at most 60 on its test part, and its loss is that error", async () => {
    const { test: tested, validation } = await runProgram("diabetes", "diabetes");
    expect(tested?.rmse).toBeLessThanOrEqual(60);
    expect(tested?.loss).toBeCloseTo(tested?.rmse ?? NaN, 4);
    expect(validation?.rmse).toBeLessThanOrEqual(60);
    // Guessing the mean has an r² of 0: the network has to know more than that.
    expect(tested?.r2).toBeGreaterThan(0.35);
  });
});
