// A CNN of PyTorch for the digits 0 to 4, frozen, with a new head for the digits 5 to 9. If a test fails, the head does
// not learn, the frozen body costs a backward pass, or the files are not those that make.py writes.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { frozenSavings } from "../../src/studio/explain/explain-layers.ts";
import { runProgram } from "./run-program.ts";

const folder = new URL("../../graphs/fine-tune/", import.meta.url);

const rowsText = async () =>
  gunzipSync(await readFile(new URL("digits-5-to-9.csv.gz", folder))).toString("utf8");

test("the new head has an accuracy of at least 95 % on unseen rows after half of its epochs", async () => {
  // An emitted program reads CSV that is not packed.
  const unpacked = await mkdtemp(join(tmpdir(), "fine-tune-"));
  await writeFile(join(unpacked, "digits.csv"), await rowsText());
  const data = relative("graphs/data", join(unpacked, "digits"));
  const { test: tested, validation } = await runProgram("fine-tune", data, ["--epochs", "6"]);
  await rm(unpacked, { recursive: true });
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

test("the rows are 2,000 images of 28 × 28 pixels from 0 to 255, of the digits 5 to 9", async () => {
  const [header, ...rows] = (await rowsText()).trimEnd().split("\n");
  expect(header).toBe([...Array.from({ length: 784 }, (_, i) => `p${i}`), "digit"].join(","));
  expect(rows.length).toBe(2000);
  const numbers = rows.map((row) => row.split(",").map(Number));
  const isPixel = (value: number) => Number.isInteger(value) && value >= 0 && value <= 255;
  expect(numbers.every((row) => row.length === 785 && row.slice(0, -1).every(isPixel))).toBe(true);
  expect([...new Set(numbers.map((row) => row[784]))].sort()).toEqual([5, 6, 7, 8, 9]);
});

test("the file of the body is smaller than 500 kB", async () => {
  expect((await stat(new URL("body.onnx", folder))).size).toBeLessThan(500_000);
});
