// Cross-validation on the command line. If a test fails, an interrupted run cannot be completed, or the
// emitted program prints different results.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { expectRefusal, flowers, flowersCsv, workspace, type Workspace } from "./workspace.ts";

const folded = {
  ...flowers,
  name: "folded",
  training: { ...flowers.training, validation: { folds: 3 }, earlyStopping: { patience: 2 } },
};

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("folded.json", folded);
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));

/** Runs the emitted program. Returns its output on both streams. */
const runProgram = async (...args: string[]) => {
  const { stdout, stderr } = await place.program("generated/folded.ts", "--data", "flowers.csv", ...args);
  return { stdout, stderr };
};

it("prints a table of folds and the final training; the emitted program prints the same text and JSON", async () => {
  await place.run("compile", "folded.json");
  const { code, stdout, stderr } = await place.run("train", "folded.json");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^fold +best epoch +loss +accuracy\n1 .*\n2 .*\n3 .*\nmean .*\ndeviation .*\nfolded: \d epochs\ntrain .*\ntest .*\n$/,
  );
  expect(stderr).toMatch(/^fold 1\/3: epoch 1\/4 {2}loss .*validation loss/);
  expect(stderr).toMatch(/\nall folds: epoch 1\/\d {2}loss /);
  expect((await runProgram()).stdout).toBe(stdout);
  const json = await place.run("train", "folded.json", "--json");
  expect((await runProgram("--json")).stdout).toBe(json.stdout);
  const part = { loss: expect.any(Number), accuracy: expect.any(Number) };
  const fold = { bestEpoch: expect.any(Number), ...part };
  const { bestEpoch, ...result } = JSON.parse(json.stdout);
  expect(result).toEqual({
    model: "folded",
    epochs: bestEpoch,
    folds: [fold, fold, fold],
    train: part,
    validation: part,
    deviation: part,
    test: part,
  });
}, 60_000);

it("a run that is killed in any fold and resumed is bit-identical to an uninterrupted one", async () => {
  const whole = await place.run("train", "folded.json", "--json", "--out", "whole.ckpt");
  for (const moment of [
    "fold 1/3: epoch 2",
    "fold 2/3: epoch 1",
    "fold 3/3: epoch 3",
    "all folds: epoch 1",
  ]) {
    await killedAt(moment);
    const rest = await place.run(
      "train",
      "folded.json",
      "--json",
      "--resume",
      "part.ckpt",
      "--out",
      "part.ckpt",
    );
    expect(rest.stdout).toBe(whole.stdout);
    expect(place.bytes("part.ckpt")).toEqual(place.bytes("whole.ckpt"));
  }
}, 120_000);

/** Starts a run and kills the process when it reports this epoch. */
const killedAt = (moment: string) =>
  new Promise<void>((resolve) => {
    const args = [launcher, "train", "folded.json", "--out", "part.ckpt"];
    const run = spawn(process.execPath, args, { cwd: place.folder, stdio: ["ignore", "ignore", "pipe"] });
    let reportedText = "";
    run.stderr.on("data", (text) => {
      reportedText += String(text);
      if (reportedText.includes(moment)) run.kill("SIGKILL");
    });
    run.on("close", () => resolve());
  });

it("resuming a complete run prints the result again", async () => {
  const whole = await place.run("train", "folded.json", "--out", "whole.ckpt");
  const again = await place.run("train", "folded.json", "--resume", "whole.ckpt");
  expect(again.stdout).toBe(whole.stdout);
  expect(again.stderr).toBe("");
});

it("other epochs than those of completed folds, and another seed, are rejected", async () => {
  await place.run("train", "folded.json", "--epochs", "2", "--out", "two.ckpt");
  expectRefusal(
    await place.run("train", "folded.json", "--resume", "two.ckpt"),
    "two.ckpt error T3001: the folds have 2 epochs, but this run has 4: use --epochs 2",
  );
  expectRefusal(
    await place.run("train", "folded.json", "--resume", "two.ckpt", "--epochs", "2", "--seed", "9"),
    "two.ckpt was trained with seed 3",
  );
});

it("predicting with the model of a fold gives a warning; the final model gives none", async () => {
  await place.run("compile", "folded.json");
  await killedAt("fold 2/3: epoch 2");
  await place.run("train", "folded.json", "--out", "whole.ckpt");
  const reportedText = "the checkpoint contains the model of fold 2 of 3, not the final model";
  const asked = await place.run("predict", "folded.json", "part.ckpt", "flowers.csv");
  expect(asked.stderr).toContain(`part.ckpt warning T3003: ${reportedText}`);
  expect(asked.code).toBe(0);
  const program = await runProgram("--resume", "part.ckpt", "--predict", "flowers.csv");
  expect(program.stderr).toContain(`warning: ${reportedText}`);
  expect(`${program.stdout}`).toBe(asked.stdout);
  const shipped = await place.run("compile", "folded.json", "--predictor", "part.ckpt");
  expect(shipped.stderr).toContain(`warning T3003: ${reportedText}`);
  expect((await place.run("predict", "folded.json", "whole.ckpt", "flowers.csv")).stderr).toBe("");
  expect((await runProgram("--resume", "whole.ckpt", "--predict", "flowers.csv")).stderr).toBe("");
}, 60_000);

it("more folds than rows are rejected; a class that is too rare for all folds gives a warning", async () => {
  const spec = (folds: number) => ({ ...folded, training: { ...folded.training, validation: { folds } } });
  place.write("many.json", spec(25));
  expectRefusal(
    await place.run("train", "many.json"),
    "flowers.csv error T2004: 25 folds need at least 25 rows outside the test split, but there are 24",
  );
  place.write("nine.json", spec(9));
  const { code, stderr } = await place.run("train", "nine.json", "--epochs", "1");
  expect(stderr).toMatch(
    /warning T2006: some of the 9 folds have no row of a rare class: outside the test split, "0" has 8, /,
  );
  expect(code).toBe(0);
});

it("as many folds as rows give leave-one-out, without a warning", async () => {
  const all = { ...folded, training: { ...folded.training, validation: { folds: 24 } } };
  place.write("all.json", all);
  const { stdout, stderr } = await place.run("train", "all.json", "--json", "--epochs", "2");
  expect(JSON.parse(stdout).folds).toHaveLength(24);
  expect(stderr).not.toContain("warning");
});

it("a divergence is reported with its fold", async () => {
  place.write("wild.json", {
    ...folded,
    targets: { kind: { shape: [1] } },
    network: [{ type: "dense", units: 1 }],
    loss: "mse",
    metrics: [],
    optimizer: { type: "sgd", learningRate: 1e15 },
  });
  const { code, stdout, stderr } = await place.run("train", "wild.json");
  expect(stderr).toContain("error T4001: fold 1/3: training diverged: the");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

it("flags of a single training are rejected", async () => {
  expectRefusal(
    await place.run("train", "folded.json", "--out", "a.ckpt", "--keep", "2"),
    "T1010: --keep does not support folds",
  );
  expectRefusal(
    await place.run("train", "folded.json", "--from", "a.ckpt"),
    "T1010: --from does not support folds",
  );
});

it("the log contains the training of the final model", async () => {
  const { stdout } = await place.run("train", "folded.json", "--json", "--log", "epochs.jsonl");
  expect(place.read("epochs.jsonl").trimEnd().split("\n")).toHaveLength(JSON.parse(stdout).epochs);
});
