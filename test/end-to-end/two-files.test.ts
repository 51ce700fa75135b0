// A spec with a scaled target and a separate test file, on the command line and as an emitted program. If a
// test fails, the two read different rows, print different output, or report errors in scaled units instead
// of original units.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { faultsOf } from "../support/code-faults.ts";
import { streamOf } from "../support/tensors.ts";

const folder = mkdtempSync(join(tmpdir(), "two-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);
const tsx = new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url).pathname;
const tapeless = new URL("../../src/command/cli/tapeless.js", import.meta.url).pathname;

const spec: ModelSpec = {
  name: "two-files",
  inputs: { left: { shape: [2] }, right: { shape: [] } },
  targets: { sums: { shape: [2] } },
  network: [
    { type: "reshape", name: "column", from: "right", shape: [1] },
    { type: "concat", from: ["left", "column"] },
    { type: "dense", units: 2 },
  ],
  loss: "mse",
  metrics: ["mae", "rmse", "r2"],
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { epochs: 60, batchSize: 16, seed: 5, validation: { fraction: 0.2 } },
  data: {
    train: "train.csv",
    test: "test.csv",
    inputs: { left: { columns: ["a..b"], scale: "standard" }, right: { columns: ["c"] } },
    targets: { sums: { columns: ["p", "q"], scale: { divide: 1000 } } },
  },
};

/** Rows of p = 1000 (a + b) ± 100, q = 1000 (b − c) ± 100. No model can have an error below 100. */
function rows(count: number, seed: number): number[][] {
  const random = streamOf(seed);
  return Array.from({ length: count }, () => {
    const [a, b, c] = [1, 1, 1].map(() => 4 * random.unit() - 2);
    const noise = () => (random.below(2) === 0 ? 100 : -100);
    return [a, b, c, 1000 * (a + b) + noise(), 1000 * (b - c) + noise()];
  });
}

let code = "";
beforeAll(async () => {
  const csv = (names: string, list: number[][]) => `${names}\n${list.map((row) => row.join()).join("\n")}\n`;
  writeFileSync(path("train.csv"), csv("a,b,c,p,q", rows(200, 1)));
  // The test file has an additional column, and the other columns in reverse order.
  const test = rows(80, 2).map(([a, b, c, p, q], i) => [i, q, p, c, b, a]);
  writeFileSync(path("test.csv"), csv("id,q,p,c,b,a", test));
  writeFileSync(path("spec.json"), JSON.stringify(spec));
  code = (await compile(spec)).code;
  writeFileSync(path("trainer.ts"), code);
});

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const program = (...args: string[]) => node(tsx, path("trainer.ts"), ...args);

test("the program and the command line print the same, with errors near the noise of 100", () => {
  const files = ["--data", path("train.csv"), "--test", path("test.csv")];
  const printed = program(...files, "--json");
  expect(node(tapeless, "train", path("spec.json"), "--json")).toBe(printed);
  const { train, validation, test } = JSON.parse(printed);
  for (const part of [train, validation, test]) {
    expect(part.mae).toBeGreaterThan(80);
    expect(part.rmse).toBeLessThan(125);
    expect(part.loss * 1e6).toBeCloseTo(part.rmse ** 2, 1);
    expect(part.r2).toBeGreaterThan(0.98);
  }
});

test("rows with a missing value in a range of columns are dropped from a test file in another order", async () => {
  const training = rows(60, 3);
  const tested = rows(30, 4).map(([a, b, c, p, q]): (number | string)[] => [q, p, c, b, a]);
  const csv = (names: string, list: readonly (readonly (number | string)[])[]) =>
    `${names}\n${list.map((row) => row.join()).join("\n")}\n`;
  writeFileSync(path("some-train.csv"), csv("a,b,c,p,q", training));
  const gaps = tested.map((row, i) => (i % 10 === 0 ? row.with(3 + (i % 20 === 0 ? 1 : 0), "NA") : row));
  writeFileSync(path("some-test.csv"), csv("q,p,c,b,a", gaps));
  const dropping: ModelSpec = {
    ...spec,
    training: { epochs: 2, batchSize: 16, seed: 5 },
    data: {
      train: "some-train.csv",
      test: "some-test.csv",
      inputs: { left: { columns: ["a..b"], missing: "drop" }, right: { columns: ["c"] } },
      targets: { sums: { columns: ["p", "q"], scale: { divide: 1000 } } },
    },
  };
  writeFileSync(path("dropping.json"), JSON.stringify(dropping));
  writeFileSync(path("dropping.ts"), (await compile(dropping)).code);
  const files = ["--data", path("some-train.csv"), "--test", path("some-test.csv")];
  const printed = node(tsx, path("dropping.ts"), ...files, "--json");
  expect(node(tapeless, "train", path("dropping.json"), "--json")).toBe(printed);
});

test("the emitted file compiles under --strict, and has no code for scaling or test files if the spec has none", async () => {
  expect(faultsOf(code)).toEqual([]);
  for (const part of ["const fileAndTest", "function inOriginalUnits("]) expect(code).toContain(part);
  const plain = {
    file: "train.csv",
    inputs: spec.data?.inputs ?? {},
    targets: { sums: { columns: ["p", "q"] } },
  };
  const other = await compile({ ...spec, data: plain });
  for (const part of ["--test", "fileAndTest", "inOriginalUnits"]) expect(other.code).not.toContain(part);
});
