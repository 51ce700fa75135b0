// The options `--chart`, `--plot` and `--log` of `train`. If a test fails, a log is wrong after the process
// was killed, a plot does not show the run, or standard output differs from that of the program.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faultOfXml } from "../../support/well-formed.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "../cli/workspace.ts";
import type { Workspace } from "../cli/workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", flowers);
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());
const train = (...flags: readonly string[]) => place.run("train", "flowers.json", ...flags);
const logged = (file: string) =>
  place
    .read(file)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { epoch: number; loss: number; best: boolean });

describe("train --chart", () => {
  it("draws the losses on standard error, with unchanged standard output", async () => {
    const plain = await train();
    const { stdout, stderr } = await train("--chart");
    expect(stdout).toBe(plain.stdout);
    expect(stderr).toMatch(/\nloss\n[^]*└[─┬▲]+\n[^]*epoch {3}─ training {3}━ validation {3}▲ best epoch \d/);
    expect(plain.stderr).not.toContain("└");
  });

  it("draws no chart of a single epoch", async () => {
    expect((await train("--chart", "--epochs", "1")).stderr).not.toContain("└");
  });
});

describe("train --show-schedule", () => {
  it("shows the rates of future steps on standard error", async () => {
    const { stdout, stderr } = await train("--show-schedule", "--epochs", "2");
    expect(stderr).toMatch(
      /^learning rate: constant\n[^]*6 steps: 2 epochs of 3, for 18 rows in batches of 8\n\nepoch 1\/2/,
    );
    expect(stdout).toMatch(/^flowers: 2 epochs/);
  });
});

describe("train --plot", () => {
  it("draws a panel for the loss and one for each metric, and marks the best epoch", async () => {
    const { code, stdout } = await train("--plot", "pictures/flowers.svg", "--json");
    const svg = place.read("pictures/flowers.svg");
    expect(faultOfXml(svg)).toBeUndefined();
    expect([...svg.matchAll(/class="panel">(\w+)</g)].map(([, name]) => name)).toEqual(["loss", "accuracy"]);
    expect(svg).toContain(`best epoch ${JSON.parse(stdout).bestEpoch}<`);
    expect(code).toBe(0);
    expect(place.made()).toEqual(["pictures/flowers.svg"]);
    await train("--plot", "again.svg");
    expect(place.read("again.svg")).toBe(svg);
  });

  it.each([
    ["curves.png", "the file must end in .svg"],
    ["flowers.json/curves.svg", "T1011: cannot write"],
  ])("rejects %s before training", async (file, said) => {
    expectRefusal(await train("--plot", file), said);
  });

  it("reports that there is nothing to draw", async () => {
    await train("--out", "all.ckpt");
    const { code, stderr } = await train("--resume", "all.ckpt", "--plot", "none.svg");
    expect(stderr).toContain("warning T4002: none.svg is not written, because no epoch was trained");
    expect(code).toBe(0);
    expect(place.made()).toEqual(["all.ckpt"]);
  });

  it("draws the epochs before a divergence", async () => {
    const learningRate = { type: "exponential", initial: 0.001, rate: 3 };
    place.write("flowers.json", {
      ...flowers,
      network: [{ type: "dense", units: 1 }],
      targets: { kind: { shape: [1] } },
      loss: "mse",
      metrics: [],
      optimizer: { type: "sgd", learningRate },
      training: { ...flowers.training, epochs: 100 },
    });
    const { code, stderr } = await train("--log", "wild.jsonl", "--plot", "wild.svg");
    expect(stderr).toContain("error T4001");
    expect(code).toBe(1);
    expect(logged("wild.jsonl").length).toBeGreaterThan(1);
    expect(place.read("wild.svg")).toContain('class="line line1"');
  });
});

describe("train --log", () => {
  it("writes a line with the results of each epoch", async () => {
    await train("--log", "run.jsonl");
    const part = { loss: expect.any(Number), accuracy: expect.any(Number) };
    expect(logged("run.jsonl")).toEqual(
      [1, 2, 3, 4].map((epoch) => ({
        epoch,
        loss: expect.any(Number),
        metrics: { accuracy: expect.any(Number) },
        validation: part,
        learningRate: 0.05,
        best: expect.any(Boolean),
      })),
    );
  });

  it("starts a new log without --resume, and with it replaces repeated epochs", async () => {
    await train("--log", "run.jsonl", "--plot", "whole.svg");
    const whole = place.read("run.jsonl");
    await train("--log", "run.jsonl");
    expect(place.read("run.jsonl")).toBe(whole);
    await train("--epochs", "2", "--out", "half.ckpt");
    await train("--resume", "half.ckpt", "--log", "run.jsonl", "--plot", "resumed.svg");
    expect(place.read("run.jsonl")).toBe(whole);
    // The plot takes the epochs before the checkpoint from the log.
    expect(place.read("resumed.svg")).toBe(place.read("whole.svg"));
  });

  it("drops a partial last line of a killed run", async () => {
    await train("--log", "run.jsonl");
    const whole = place.read("run.jsonl");
    await train("--epochs", "2", "--out", "half.ckpt");
    place.write("run.jsonl", whole.slice(0, whole.length - 20));
    await train("--resume", "half.ckpt", "--log", "run.jsonl");
    expect(place.read("run.jsonl")).toBe(whole);
  });

  it.each([
    ["a table", flowersCsv, "run.jsonl:1 error T1013"],
    ["another line of JSON", '{"epoch":1,"loss":"low"}\n', "run.jsonl:1 error T1013"],
    ["text without a line break", "notes", "run.jsonl:1 error T1013"],
  ])("does not overwrite %s", async (_, content, said) => {
    place.write("run.jsonl", content);
    expectRefusal(await train("--log", "run.jsonl"), said, "choose another file");
    expect(place.read("run.jsonl")).toBe(content);
  });

  it("is readable after a kill, and contains every epoch once after the run is resumed", async () => {
    place.write("flowers.json", { ...flowers, training: { ...flowers.training, epochs: 400 } });
    const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
    const log = join(place.folder, "run.jsonl");
    const args = ["train", "flowers.json", "--log", "run.jsonl", "--out", "run.ckpt"];
    const child = spawn(process.execPath, [launcher, ...args], { cwd: place.folder, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    const isUnderWay = () => existsSync(log) && readFileSync(log, "utf8").split("\n").length > 20;
    while (!isUnderWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await ended;
    const killed = logged("run.jsonl");
    expect(killed.map(({ epoch }) => epoch)).toEqual(killed.map((_, i) => i + 1));
    await train("--resume", "run.ckpt", "--log", "run.jsonl");
    await train("--log", "straight.jsonl");
    expect(place.read("run.jsonl")).toBe(place.read("straight.jsonl"));
  });
});
