// Cross-validation on real data: the accuracy must be as expected, and at chance level on shuffled labels. If
// a test fails, rows, labels or scales may leak into training.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compile } from "../../src/compiler/compile.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { parseCsv } from "../support/parse-csv.ts";
import { randomKey, randomStream, shuffle } from "../../src/runtime/numbers/random.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { datasetContextOf } from "../../src/compiler/trainer/dataset-context.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { testModel, validateModel, type Candidate } from "../../src/command/train/validate-model.ts";

const textOf = (file: string): string =>
  readFileSync(new URL(`../../graphs/${file}`, import.meta.url), "utf8");

/** A candidate: the spec with five folds, and the given rows as its data. */
async function candidateOf(graph: string, rows: string): Promise<Candidate> {
  const { training, ...rest }: ModelSpec = parse(textOf(graph));
  const spec: ModelSpec = { ...rest, training: { ...training, validation: { folds: 5 } } };
  const { code } = await compile(spec);
  const emitted = await loadTrainer(code);
  const context = datasetContextOf(parseModel(spec), emitted.model);
  const source = { file: "rows.csv", table: parseCsv(rows) };
  return { emitted, context, source, locateErrors: (_, work) => work() };
}

/** The same rows with shuffled labels; the label is the last column. */
function withShuffledLabels(csv: string, seed: number): string {
  const [head, ...rows] = csv.trimEnd().split(/\r?\n/);
  const order = Int32Array.from(rows.keys());
  shuffle(order, randomStream(randomKey(seed, 0, 0)));
  const cut = (row: string) => row.lastIndexOf(",");
  const dealt = rows.map((row, i) => row.slice(0, cut(row)) + rows[order[i]].slice(cut(rows[order[i]])));
  return [head, ...dealt, ""].join("\n");
}

/**
 * The fraction of n correct predictions that guessing exceeds with a probability of 10⁻⁴: the upper tail of
 * the binomial distribution.
 */
function luckiest(n: number, chance: number): number {
  // P(X = 0), then P(X = k) from P(X = k − 1), until the tail above k is less than 10⁻⁴.
  let probability = (1 - chance) ** n;
  let above = 1 - probability;
  let right = 0;
  while (above > 1e-4) {
    right++;
    probability *= ((n - right + 1) / right) * (chance / (1 - chance));
    above -= probability;
  }
  return right / n;
}

// `chance`: the fraction of rows in the most frequent class.
describe.each([
  { graph: "iris.json", data: "iris.csv", atLeast: 0.95, rows: 150, chance: 1 / 3 },
  { graph: "wine-folds.yaml", data: "wine.csv", atLeast: 0.96, rows: 178, chance: 71 / 178 },
  { graph: "digits.json", data: "digits.csv", atLeast: 0.97, rows: 1797, chance: 183 / 1797 },
])("$graph with five folds", ({ graph, data, atLeast, rows, chance }) => {
  it(`has an accuracy of ${100 * atLeast} % on rows that it was not trained on`, async () => {
    const { validation } = await validateModel(await candidateOf(graph, textOf(`data/${data}`)));
    expect(validation.accuracy).toBeGreaterThanOrEqual(atLeast);
  }, 120_000);

  it("has an accuracy at chance level on shuffled labels, in the folds and in the test split", async () => {
    const candidate = await candidateOf(graph, withShuffledLabels(textOf(`data/${data}`), 1));
    const found = await validateModel(candidate);
    const { test } = await testModel(candidate, found);
    const tested = Math.round(rows / 5);
    expect(found.validation.accuracy).toBeLessThanOrEqual(luckiest(rows - tested, chance));
    expect(test?.accuracy).toBeLessThanOrEqual(luckiest(tested, chance));
  }, 120_000);
});
