// The evaluation of one candidate during model selection. If a test fails, a candidate uses test rows, or has
// results that differ from those of `train`.
import { expect, test } from "vitest";
import { datasetContextOf } from "../../../src/compiler/trainer/dataset-context.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { datasetOf } from "../../../src/runtime/data/dataset.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { trainOn } from "../../../src/runtime/training/train-on.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { testModel, validateModel, type Candidate } from "../../../src/command/train/validate-model.ts";
import { flowers, flowersCsv } from "../cli/workspace.ts";

const locateErrors: Candidate["locateErrors"] = (_, work) => work();

async function candidateOf(spec: object, csv: string): Promise<Candidate> {
  const { code } = await compile(spec as ModelSpec);
  const emitted = await loadTrainer(code);
  const context = datasetContextOf(parseModel(spec), emitted.model);
  return { emitted, context, source: { file: "flowers.csv", table: parseCsv(csv) }, locateErrors };
}

/** The same rows, but with extreme values in the test rows. */
function withOtherTest(csv: string, { context: { training } }: Candidate): string {
  const [head, ...rows] = csv.trimEnd().split("\n");
  const kinds = rows.map((row) => Number(row.split(",")[2]));
  const { test } = splitRows(rows.length, training, training.seed, kinds);
  for (const row of test) rows[row] = `1e9,-1e9,${kinds[row]}`;
  return [head, ...rows, ""].join("\n");
}

test("the validation metrics are those of `train`, whatever the test rows are, and testing gives its whole result", async () => {
  const candidate = await candidateOf(flowers, flowersCsv);
  const { context, source, emitted } = candidate;
  const { model, training } = context;
  const trainer = emitted.createTrainer();
  const whole = await trainOn(model, training, trainer, datasetOf(context, source, 3, locateErrors));
  const found = await validateModel(candidate);
  expect(found).toEqual({ bestEpoch: whole.bestEpoch, validation: whole.validation });
  expect(await testModel(candidate, found)).toEqual(whole);
  expect(await validateModel(await candidateOf(flowers, withOtherTest(flowersCsv, candidate)))).toEqual(
    found,
  );
});

test("a candidate may have another seed and other epochs", async () => {
  const candidate = await candidateOf(flowers, flowersCsv);
  const found = await validateModel(candidate);
  expect(await validateModel({ ...candidate, seed: 3, epochs: 4 })).toEqual(found);
  expect(await validateModel({ ...candidate, seed: 4 })).not.toEqual(found);
  expect((await validateModel({ ...candidate, epochs: 1 })).bestEpoch).toBe(1);
});
