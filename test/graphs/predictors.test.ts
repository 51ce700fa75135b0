// The predictors of real graphs, with random parameters. If a test fails, a shipped model differs from the
// trained one.
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { shippedOf } from "../support/shipped.ts";
import { streamOf } from "../support/tensors.ts";

const cases = ["iris.json", "digits.json", "residual.ts"].flatMap((graph) =>
  (["f32", "f64"] as const).map((dtype) => [graph, dtype] as const),
);

it.each(cases)("%s in %s predicts bit-identically to the trainer", async (graph, dtype) => {
  const { model } = await readSpec(fileURLToPath(new URL(`../../graphs/${graph}`, import.meta.url)));
  const { batchSize } = model.training;
  const { trainer, predictor } = await shippedOf(model, dtype, []);
  const random = streamOf(3);
  const [[name, { shape }]] = Object.entries(model.inputs);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const row = () => Array.from({ length: size }, () => 4 * random.unit() - 2);
  const rows = Array.from({ length: batchSize + 3 }, row);
  const parts = [rows.slice(0, batchSize), rows.slice(batchSize)];
  const expected = parts.flatMap((part) => [...trainer.predict({ [name]: part.flat() })]);
  expect(new Set(expected).size).toBeGreaterThan(batchSize);
  expect([...predictor.predict({ [name]: rows.flat() })]).toEqual(expected);
});
