// The autoencoder graph, which compresses a digit to eight numbers. If the test fails, its error is not below
// that of the best linear map, which is known without training.
import { expect, test } from "vitest";
import { model } from "../../generated/autoencoder.ts";
import { readCsv } from "../../src/command/formats/tables/read-csv.ts";
import type { DataFacts } from "../../src/runtime/data/fields.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { trainingFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import { principalComponents, restoredError } from "./principal-components.ts";
import { prepareTable } from "../support/prepare-table.ts";
import { runProgram } from "./run-program.ts";

const spec = new URL("../../graphs/autoencoder.yaml", import.meta.url).pathname;
const file = new URL("../../graphs/data/digits.csv", import.meta.url).pathname;

const columns: DataFacts = {
  inputs: { pixels: { columns: ["p0..p63"] } },
  targets: { restored: { columns: ["p0..p63"] } },
};

const images = (pixels: ArrayLike<number>): number[][] =>
  Array.from({ length: pixels.length / 64 }, (_, r) =>
    Array.from({ length: 64 }, (_, i) => pixels[r * 64 + i]),
  );

test("unseen digits are restored with a smaller error than from eight principal components", async () => {
  const { model: parsed } = await readSpec(spec);
  const training = trainingFacts(parsed);
  const parts = prepareTable(
    model,
    columns,
    training,
    parsed.training.seed,
    await readCsv(file, { model, data: columns }),
  );
  const linear = principalComponents(images(parts.train.pixels), 8);
  const linearError = restoredError(images(parts.test?.pixels ?? []), linear);
  expect(linearError).toBeCloseTo(2.48, 2); // the error of NumPy's SVD for the same rows

  const { test: tested, validation } = await runProgram("autoencoder", "digits");
  // The error in units of the pixels, 0 to 16. The loss is the same error for pixels from 0 to 1.
  expect(tested?.rmse).toBeLessThanOrEqual(2);
  expect(tested?.rmse).toBeLessThan(0.85 * linearError);
  expect(validation?.rmse).toBeLessThanOrEqual(2);
  expect(16 * Math.sqrt(tested?.loss ?? NaN)).toBeCloseTo(tested?.rmse ?? NaN, 4);
  expect(tested?.r2).toBeGreaterThan(0.9);
}, 120_000);
