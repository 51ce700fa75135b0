// Every spec in graphs/ trains for 100 steps by its file step.onnx, in ONNX Runtime and in ONNX Runtime Web, with the
// losses of its trainer. If a test fails, training elsewhere diverges from training with tapeless.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { lacksOnnx, runJobs } from "../support/onnx-runtime.ts";
import { runJobsInWeb } from "../support/onnx-runtime-web.ts";
import { compareWithTrainer } from "../support/onnx-training.ts";

const graphs = readdirSync("graphs").filter((file) => /\.(json|yaml|ts)$/.test(file));

describe.each([
  { runtime: "ONNX Runtime", run: runJobs, isSkipped: lacksOnnx() },
  { runtime: "ONNX Runtime Web", run: runJobsInWeb, isSkipped: false },
])("100 steps in $runtime", ({ run, isSkipped }) => {
  it.skipIf(isSkipped).each(graphs)("have the losses of the trainer: %s", async (file) => {
    const { model } = await readSpec(join("graphs", file));
    const { loss, gradient } = await compareWithTrainer(model, "f32", 100, run);
    expect(loss).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });
});
