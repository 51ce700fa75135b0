// Linear regression, which has an exact solution. If a test fails, gradient descent does not find it.
import { expect, test } from "vitest";
import { createTrainer, model } from "../../generated/linear-regression.ts";
import { readCsv } from "../../src/command/formats/tables/read-csv.ts";
import type { DataFacts } from "../../src/runtime/data/fields.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { trainingFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import { leastSquares, meanSquaredError } from "./least-squares.ts";
import { prepareTable } from "../support/prepare-table.ts";
import { runProgram } from "./run-program.ts";

const spec = new URL("../../graphs/linear-regression.json", import.meta.url).pathname;
const file = new URL("../../graphs/data/diabetes.csv", import.meta.url).pathname;

const columns: DataFacts = {
  inputs: { patient: { columns: ["age..s6"], scale: "standard" } },
  targets: { progression: { columns: ["progression"] } },
};

/** The training split as the program prepares it: scaled columns, and their targets. */
async function trainingPart() {
  const { model: parsed } = await readSpec(spec);
  const training = trainingFacts(parsed);
  const { train } = prepareTable(
    model,
    columns,
    training,
    parsed.training.seed,
    await readCsv(file, { model, data: columns }),
  );
  const targets = Array.from(train.progression);
  const rows = targets.map((_, r) => Array.from({ length: 10 }, (_, i) => train.patient[r * 10 + i]));
  return { train, rows, targets };
}

test("full-batch gradient descent converges to the solution of the normal equations", async () => {
  const { train, rows, targets } = await trainingPart();
  const exact = leastSquares(rows, targets);
  const trainer = createTrainer();
  trainer.fit(train);
  const found = [...trainer.parameters["dense1.weight"], ...trainer.parameters["dense1.bias"]];
  const smallest = meanSquaredError(rows, targets, exact);
  const reached = meanSquaredError(rows, targets, found);
  // The exact solution has the smallest error. That of the trained model is larger by less than 0.01 %.
  expect(reached).toBeGreaterThanOrEqual(smallest);
  expect(reached / smallest).toBeLessThan(1.0001);
  // For centred columns, the bias is the mean of the targets. Blood serum values are nearly collinear, so
  // their weights converge last.
  expect(found[10]).toBeCloseTo(exact[10], 2);
  const largest = Math.max(...exact.slice(0, 10).map(Math.abs));
  found.forEach((weight, i) => expect(Math.abs(weight - exact[i])).toBeLessThan(0.05 * largest));
  const { train: printed } = await runProgram("linear-regression", "diabetes");
  expect(printed.loss / smallest).toBeCloseTo(1, 3);
});
