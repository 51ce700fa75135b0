// The command `train --find-learning-rate`. If a test fails, the suggested rate is useless, the range test
// uses test rows, or an option is silently ignored.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { splitRows } from "../../../src/runtime/data/split.ts";
import { faultOfXml } from "../../support/well-formed.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "../cli/workspace.ts";
import type { Workspace } from "../cli/workspace.ts";

let place: Workspace;
const training = { ...flowers.training, stratify: false };
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", { ...flowers, training });
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());
const find = (...flags: readonly string[]) =>
  place.run("train", "flowers.json", "--find-learning-rate", ...flags);

describe("train --find-learning-rate", () => {
  it("plots the loss by rate and suggests a rate that trains", async () => {
    const { code, stdout, stderr } = await find("--plot", "rates.svg");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/learning rate {3}─ smoothed {3}• loss of a batch {3}▲ steepest {3}▲ lowest/);
    const rate = Number(/^learning rate ([\d.e-]+): the loss falls fastest at this rate$/m.exec(stdout)?.[1]);
    expect(stdout).toMatch(
      /^for comparison: the loss was lowest at [\d.e-]+, a tenth of which is [\d.e-]+; it /m,
    );
    expect(code).toBe(0);
    expect(faultOfXml(place.read("rates.svg"))).toBeUndefined();
    expect(place.made()).toEqual(["rates.svg"]);
    const named = { ...flowers, optimizer: { type: "adam", learningRate: rate } };
    place.write("flowers.json", { ...named, training: { ...training, epochs: 30 } });
    const trained = await place.run("train", "flowers.json", "--json");
    expect(JSON.parse(trained.stdout).train.accuracy).toBeGreaterThan(0.9);
  });

  it("--json prints rate and losses, reproducibly, and does not use test rows", async () => {
    const first = await find("--json");
    const lines = flowersCsv.trimEnd().split("\n");
    const shares = { test: training.test.fraction, validation: training.validation.fraction };
    const split = { ...training, ...shares, shuffle: true, metrics: [] };
    const { test } = splitRows(lines.length - 1, split, training.seed);
    expect(test).toHaveLength(6);
    for (const row of test) lines[row + 1] = "1000,-1000,0";
    place.write("flowers.csv", `${lines.join("\n")}\n`);
    expect((await find("--json")).stdout).toBe(first.stdout);
    const found = JSON.parse(first.stdout);
    expect(Object.keys(found)).toEqual([
      "model",
      "rate",
      "steepest",
      "lowest",
      "rates",
      "losses",
      "smoothed",
    ]);
    expect(found.rates).toHaveLength(found.losses.length);
    expect(found.rate).toBe(Number(found.steepest.toPrecision(2)));
    expect((await find("--json", "--seed", "9")).stdout).not.toBe(first.stdout);
  });

  it("treats steps of several batches like large batches, up to rounding", async () => {
    place.write("flowers.json", { ...flowers, training: { ...training, batchSize: 4, accumulate: 2 } });
    const grouped = JSON.parse((await find("--json")).stdout);
    place.write("flowers.json", { ...flowers, training });
    const whole = JSON.parse((await find("--json")).stdout);
    expect(grouped.rate).toBe(whole.rate);
    const optimizer = { type: "adam", learningRate: { type: "constant", initial: 0.01, scaleFrom: 2 } };
    place.write("flowers.json", { ...flowers, training, optimizer });
    expect((await find()).stdout).toContain(
      `for steps of 2 rows, ${whole.rate} for steps of this spec: the loss falls`,
    );
    for (const step of [0, 20, 40]) expect(grouped.losses[step]).toBeCloseTo(whole.losses[step], 4);
  });

  it("reports with exit code 1 that the loss does not fall at any rate", async () => {
    place.write("flowers.csv", flowersCsv.replace(/^[\d.-]+,[\d.-]+,/gm, "1,1,"));
    const layer = { type: "dense", units: 3, bias: false };
    place.write("flowers.json", { ...flowers, network: [layer], training });
    const { code, stdout, stderr } = await find();
    expect(stderr).toContain("error T4003: the loss does not fall at any learning rate from 0.000001 to 10");
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  it.each([
    [["--epochs", "3"], "--epochs cannot be combined with --find-learning-rate"],
    [["--out", "a.ckpt"], "--out cannot be combined with --find-learning-rate"],
    [["--log", "a.jsonl"], "--log cannot be combined with --find-learning-rate"],
    [["--no-chart"], "--no-chart cannot be combined with --find-learning-rate"],
    [["--show-schedule"], "--show-schedule cannot be combined with --find-learning-rate"],
    [["--plot", "rates.png"], "the file must end in .svg"],
  ])("rejects %j", async (flags, said) => {
    expectRefusal(await find(...flags), "error T1010: ", said);
    expect(place.made()).toEqual([]);
  });
});
