// The graph load, which forecasts the electric load of a station. If a test fails, the model does not beat
// the seasonal naive forecast on hours that it was not trained on, or the data file is not the output of the
// program next to it.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadOfStations } from "../../graphs/data/make-load.ts";
import type { SeriesResult } from "../../src/runtime/training/ruled-training.ts";
import { runProgram } from "./run-program.ts";

test("the forecast has less than 85 % of the error of the load one day before", async () => {
  const result = await runProgram("load", "load");
  const { naive }: Partial<SeriesResult> = result;
  expect(naive?.season).toBe(24);
  expect(result.test?.mae).toBeLessThan(0.85 * (naive?.test?.mae ?? 0));
  expect(result.test?.loss).toBeLessThan(0.6 * (naive?.test?.["loss"] ?? 0));
  expect(result.validation?.mae).toBeLessThan(0.85 * (naive?.validation?.mae ?? 0));
});

test("the program writes the same bytes every time", async () => {
  const file = await readFile(new URL("../../graphs/data/load.csv", import.meta.url), "utf8");
  expect(loadOfStations()).toBe(file);
});
