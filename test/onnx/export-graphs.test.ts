// Every spec in graphs/ trains for 100 steps by its file step.onnx, in ONNX Runtime and in ONNX Runtime Web, with the
// losses of its trainer. If a test fails, training elsewhere diverges from training with tapeless.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { lacksOnnx, runJobs } from "../support/onnx-runtime.ts";
import { runJobsInWeb } from "../support/onnx-runtime-web.ts";
import { differencesIn, trainingOf } from "../support/onnx-training.ts";
import type { Training } from "../support/onnx-training.ts";

const graphs = readdirSync("graphs").filter((file) => /\.(json|yaml|ts)$/.test(file));

const runtimes = [
  { runtime: "ONNX Runtime", run: runJobs, isSkipped: lacksOnnx() },
  { runtime: "ONNX Runtime Web", run: runJobsInWeb, isSkipped: false },
];

// The trainer runs once for both runtimes.
describe.each(graphs)("100 steps of %s have the losses of the trainer", (file) => {
  let training: Training | undefined;
  beforeAll(async () => {
    const { model } = await readSpec(join("graphs", file));
    training = await trainingOf(model, "f32", 100);
  });
  afterAll(() => {
    training = undefined;
  });
  for (const { runtime, run, isSkipped } of runtimes)
    it.skipIf(isSkipped)(`in ${runtime}`, async () => {
      if (training === undefined) throw new Error("the trainer did not run");
      const { loss, gradient } = await differencesIn(training, run);
      expect(loss).toBeLessThan(1e-4);
      expect(gradient).toBeLessThan(1e-4);
    });
});
