// Training runs that are killed at random moments and resumed. The result must not depend on these moments.
// If a test fails, a crash costs the user the training run.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { randomStream } from "../../src/runtime/numbers/random.ts";
import { flowersCsv, workspace } from "../command/cli/workspace.ts";
import { imported, strippedOf } from "../support/emitted.ts";

const epochs = 60;
const place = workspace();
afterAll(() => place.remove());
place.write("flowers.csv", flowersCsv);
place.write("flowers.json", {
  name: "flowers",
  inputs: { size: { shape: [2] } },
  targets: { kind: { classes: 3 } },
  // So wide that writing a checkpoint takes as long as an epoch.
  network: [
    { type: "dense", units: 3000, activation: "tanh" },
    { type: "dropout", rate: 0.2 },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.001 },
  training: {
    epochs,
    batchSize: 8,
    seed: 3,
    validation: { fraction: 0.2 },
    earlyStopping: { patience: epochs },
  },
  data: {
    file: "flowers.csv",
    inputs: { size: { columns: ["length", "width"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] } },
  },
});
await place.run("compile", "flowers.json");
const code = place.read("generated/flowers.ts");
place.write("flowers.mjs", await strippedOf(code));
const { createTrainer } = await imported(code);

const launcher = fileURLToPath(new URL("../../src/command/cli/tapeless.js", import.meta.url));
const forms = {
  program: ["flowers.mjs", "--data", "flowers.csv"],
  "tapeless train": [launcher, "train", "flowers.json"],
};

/** Runs to the end, or kills the process `delay` milliseconds after it has reported `epochs` epochs. */
function run(
  words: readonly string[],
  kill?: { epochs: number; delay: number },
): Promise<{ output: string; isKilled: boolean }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, {
      cwd: place.folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let output = "";
    let lines = 0;
    child.stdout.on("data", (text) => (output += String(text)));
    child.stderr.on("data", (text) => {
      lines += String(text).split("\n").length - 1;
      if (kill && lines >= kill.epochs) setTimeout(() => child.kill("SIGKILL"), kill.delay);
    });
    child.on("close", (_, signal) => resolve({ output, isKilled: signal === "SIGKILL" }));
  });
}

test.each<[keyof typeof forms, number]>([
  ["program", 24],
  ["tapeless train", 3],
])(
  "%s, killed %d times: every checkpoint can be read, and the result is that of an uninterrupted run",
  async (form, kills) => {
    const words = [...forms[form], "--json"];
    const random = randomStream(kills);
    const out = join(place.folder, "model.ckpt");
    const whole = await run([...words, "--out", "whole.ckpt"]);
    rmSync(out, { force: true });
    let reached = 0;
    for (let killed = 0; killed < kills;) {
      const resume = existsSync(out) ? ["--resume", "model.ckpt"] : [];
      const kill = { epochs: random.below(3), delay: 8 * random.unit() };
      const { isKilled } = await run([...words, "--out", "model.ckpt", ...resume], kill);
      if (isKilled) killed++;
      if (!existsSync(out)) continue;
      const trainer = createTrainer();
      trainer.load(readFileSync(out));
      expect(trainer.epoch).toBeGreaterThanOrEqual(reached);
      reached = trainer.epoch;
      if (isKilled) continue;
      // The run ended before it was killed often enough: start again.
      rmSync(out);
      reached = 0;
    }
    const resume = existsSync(out) ? ["--resume", "model.ckpt"] : [];
    const last = await run([...words, "--out", "model.ckpt", ...resume]);
    expect(last.output).toBe(whole.output);
    expect(readFileSync(out)).toEqual(readFileSync(join(place.folder, "whole.ckpt")));
  },
  300_000,
);
