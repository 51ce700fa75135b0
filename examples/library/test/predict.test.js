// The built package predicts each row of the data.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { predict } from "../dist/index.js";

const csv = readFileSync(new URL("../src/data.csv", import.meta.url), "utf8");
const [names, ...rows] = csv
  .trim()
  .split(/\r?\n/)
  .map((line) => line.split(","));
const cells = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));

test("predicts each row of the data", () => {
  const predictions = predict(cells);
  assert.equal(predictions.length, rows.length);
  console.log("the first row:", cells[0], "is predicted as", predictions[0]);
});

test("rejects a row without its columns", () => {
  assert.throws(() => predict([{}]));
});
