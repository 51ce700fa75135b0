// Gradient accumulation, averaged parameters and sample weights on the command line. If a test fails, the
// emitted program prints different results, or resuming changes them.
import { afterAll, beforeAll, expect, it } from "vitest";
import { flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
/** The flowers with class names and a column of sample weights. */
const csv = flowersCsv
  .trim()
  .split("\n")
  .map((line, row) => (row === 0 ? `${line},trust` : `${line.replace(/,(\d)$/, ",kind$1")},${row % 4}`))
  .join("\n");
const training = {
  ...flowers.training,
  batchSize: 4,
  accumulate: 3,
  average: { decay: 0.5 },
  classWeights: { kind0: 1, kind1: 2, kind2: 0.5 },
  sampleWeights: "trust",
  earlyStopping: { patience: 3, metric: "accuracy" },
};
const spec = {
  ...flowers,
  inputs: { ...flowers.inputs, trust: { shape: [] } },
  training,
  data: { ...flowers.data, inputs: { ...flowers.data.inputs, trust: { columns: ["trust"] } } },
};
beforeAll(() => {
  place = workspace();
  place.write("flowers.csv", `${csv}\n`);
  place.write("flowers.json", spec);
});
afterAll(() => place.remove());

it("prints the same as the emitted program", async () => {
  const { stdout, code } = await place.run("train", "flowers.json", "--json");
  expect(code).toBe(0);
  await place.run("compile", "flowers.json", "-o", "flowers.ts");
  const emitted = await place.program("flowers.ts", "--data", "flowers.csv", "--json");
  expect(emitted.stdout).toBe(stdout);
});

it("resumes bit-identically to an uninterrupted run", async () => {
  await place.run("train", "flowers.json", "--epochs", "2", "--out", "half.ckpt");
  await place.run("train", "flowers.json", "--resume", "half.ckpt", "--out", "whole.ckpt");
  await place.run("train", "flowers.json", "--out", "straight.ckpt");
  expect(place.bytes("whole.ckpt")).toEqual(place.bytes("straight.ckpt"));
});

it("reports where an averaged training diverged, and no cause for a step that it cannot repeat", async () => {
  const wild = { ...spec, optimizer: { type: "sgd", learningRate: 1e25 }, regularization: { l2: 0.1 } };
  place.write("averaged.json", { ...wild, training: { ...training, accumulate: 1 } });
  const averaged = await place.run("train", "averaged.json");
  expect(averaged.code).toBe(1);
  expect(averaged.stderr).toMatch(
    /note: the first value that is not finite: at step \d+, .*trained:dense\d\.weight/,
  );
  place.write("grouped.json", wild);
  const grouped = await place.run("train", "grouped.json");
  expect(grouped.stderr).toContain("error T4001: training diverged");
  expect(grouped.stderr).not.toContain("note:");
});
