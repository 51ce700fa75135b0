// The data that the threads of a search share. If a test fails, each thread has its own copy, or overlapping
// windows take many times the memory of their rows.
import { expect, test } from "vitest";
import { openData, datasetIn } from "../../../src/command/search/open-data.ts";
import { openDatasets } from "../../../src/command/train/validate-model.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { datasetContextOf } from "../../../src/compiler/trainer/dataset-context.ts";
import { modelFacts } from "../../../src/compiler/trainer/trainer-facts.ts";
import { parseCsv } from "../../support/parse-csv.ts";

const model = parseModel({
  name: "waves",
  inputs: { past: { shape: [48, 1] }, day: { shape: [1] } },
  targets: { value: { shape: [12] } },
  network: [
    { type: "flatten", from: "past" },
    { type: "concat", from: ["flatten1", "day"] },
    { type: "dense", units: 12 },
  ],
  loss: "mse",
  optimizer: "adam",
  training: { epochs: 1, batchSize: 8, seed: 1, test: { last: 0.2 }, validation: { last: 0.2 } },
  data: {
    file: "waves.csv",
    windows: { length: 48, horizon: 12 },
    inputs: { past: { columns: ["value"], scale: "standard" }, day: { columns: ["day"], window: "last" } },
    targets: { value: { columns: ["value"] } },
  },
});
const context = datasetContextOf(model, modelFacts(model, buildGraphs(model, "f32"), "f32"));
const rows = Array.from({ length: 1000 }, (_, i) => `${Math.sin(i)},${i % 24}`);
const source = { file: "waves.csv", table: parseCsv(["value,day", ...rows, ""].join("\n")) };
const opening = { source, locateErrors: <T>(_: string, work: () => T) => work() };

test("windows are shared as views of their rows, and a thread reads the same numbers", () => {
  const { data, dataOf } = openData([context, context], opening);
  expect(dataOf).toEqual([0, 0]);
  const [[shared]] = data;
  const arrays = [shared.train, shared.validation ?? {}]
    .flatMap((batch) => Object.values(batch))
    .flatMap((numbers) => ("starts" in numbers ? [numbers.rows, numbers.starts] : [numbers]));
  expect(arrays.every(({ buffer }) => buffer instanceof SharedArrayBuffer)).toBe(true);
  // A training window of `past` has 48 numbers; 541 windows would have 26 times the numbers of the rows.
  const numbers = arrays.reduce((sum, { length }) => sum + length, 0);
  expect(numbers).toBeLessThan(6 * rows.length);
  const [direct] = openDatasets({ ...opening, context });
  const there = datasetIn(structuredClone(shared));
  for (const split of ["train", "validation"] as const)
    for (const [name, values] of Object.entries(direct[split] ?? {}))
      expect(Array.from(there[split]?.[name] ?? [])).toEqual(Array.from(values));
  expect(there.fields).toEqual(direct.fields);
});
