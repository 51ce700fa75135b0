// A CNN of PyTorch for the digits 0 to 4, frozen, with a new head for the digits 5 to 9. If a test fails, the head does
// not learn, the frozen body costs a backward pass, or the files are not those that make.py writes.
import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { frozenSavings } from "../../src/studio/explain/explain-layers.ts";
import { runProgram } from "./run-program.ts";

const folder = new URL("../../graphs/fine-tune/", import.meta.url);

test("the new head has an accuracy of at least 95 % on unseen rows", async () => {
  const { test: tested, validation } = await runProgram("fine-tune", "../fine-tune/digits-5-to-9");
  expect(tested?.accuracy).toBeGreaterThanOrEqual(0.95);
  expect(validation?.accuracy).toBeGreaterThanOrEqual(0.95);
});

test("the frozen body saves at least 60 % of the backward pass", async () => {
  const { model } = await readSpec("graphs/fine-tune/fine-tune.yaml");
  const text = frozenSavings(compileFor(model, { dtype: "f32" }), { dtype: "f32" });
  const [, saved] =
    /backward pass needs [\d.]+ instead of [\d.]+ MFLOP per batch \((\d+) % saved\)/.exec(text) ?? [];
  expect(Number(saved)).toBeGreaterThanOrEqual(60);
});

test("the rows are those of digits.csv, in order", async () => {
  const lines = async (file: string) => (await readFile(new URL(file, folder), "utf8")).split(/\r?\n/);
  const [header, ...rows] = await lines("../data/digits.csv");
  expect(await lines("digits-5-to-9.csv")).toEqual([header, ...rows.filter((row) => !/,[0-4]$/.test(row))]);
});

test("the file of the body is smaller than 500 kB", async () => {
  expect((await stat(new URL("body.onnx", folder))).size).toBeLessThan(500_000);
});
