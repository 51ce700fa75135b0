// The message after a training run is stopped. If a test fails, the command in the message does not continue
// the training.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  Interrupted,
  interruptionText,
  resumeCommand,
  stoppedFile,
} from "../../../src/command/train/interruption.ts";
import type { TrainFlags } from "../../../src/command/train/train-flags.ts";

const given: TrainFlags = { target: "ts", dtype: "f32", checkKernels: true };
const npm = process.env.npm_command;
beforeEach(() => {
  delete process.env.npm_command;
});
afterEach(() => {
  if (npm === undefined) delete process.env.npm_command;
  else process.env.npm_command = npm;
});

test.each<[Partial<TrainFlags>, string]>([
  [{ out: "a.ckpt" }, "tapeless train m.json --out a.ckpt --resume a.ckpt"],
  [{}, "tapeless train m.json --out m.stopped.ckpt --resume m.stopped.ckpt"],
  [
    { out: "a.ckpt", resume: "old.ckpt", epochs: 50, data: "my data.csv", json: true, chart: false },
    "tapeless train m.json --epochs 50 --data 'my data.csv' --json --no-chart --out a.ckpt --resume a.ckpt",
  ],
  [
    { from: "old.ckpt", out: "it's.ckpt", target: "wasm", dtype: "f64", checkKernels: false, report: true },
    String.raw`tapeless train m.json --target wasm --dtype f64 --no-check-kernels --report --out 'it'\''s.ckpt' ` +
      String.raw`--resume 'it'\''s.ckpt'`,
  ],
])("%j is continued by %s", (flags, command) => {
  expect(resumeCommand("m.json", { ...given, ...flags }, flags.out ?? "m.stopped.ckpt")).toBe(command);
});

test("the command has npx if it was run by npx", () => {
  process.env.npm_command = "exec";
  expect(resumeCommand("m.json", given, "a")).toBe("npx tapeless train m.json --out a --resume a");
});

test("without --out, the checkpoint replaces only the file that was resumed", () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "tapeless-stopped-"));
  process.chdir(folder);
  try {
    expect(stoppedFile("m", undefined)).toBe("m.stopped.ckpt");
    writeFileSync("m.stopped.ckpt", "");
    expect(stoppedFile("m", undefined)).toBe("m.stopped-2.ckpt");
    expect(stoppedFile("m", "m.stopped.ckpt")).toBe("m.stopped.ckpt");
    expect(existsSync("m.stopped-2.ckpt")).toBe(false);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});

test("the text has the step, the last complete epoch, the checkpoint and the command", () => {
  const last = { epoch: 2, loss: 0.5, metrics: { accuracy: 0.75 }, learningRate: 1, best: true };
  const inside = { ...last, epoch: 3, loss: 0.25, metrics: {}, soFar: { step: 7, steps: 9, rows: 70 } };
  const textOf = (error: Interrupted) =>
    interruptionText(error, { name: "fold 1/2: ", epochs: 5, report: last }, "tapeless train m.json");
  expect(textOf(new Interrupted("SIGINT", inside, "a.ckpt")).split("\n")).toEqual([
    "stopped by Ctrl-C: fold 1/2: in epoch 3/5, step 7/9, loss 0.2500",
    "epoch 2/5  loss 0.5000  accuracy 0.7500  best",
    "checkpoint: a.ckpt",
    "to continue: tapeless train m.json",
    "",
  ]);
  expect(textOf(new Interrupted("SIGTERM", last, "a.ckpt"))).toMatch(
    /^stopped by SIGTERM: fold 1\/2: after epoch 2\/5\n/,
  );
});
