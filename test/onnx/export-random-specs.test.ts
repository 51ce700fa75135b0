// Random specs of the fuzzer as ONNX files: the checker accepts them, and in f64 ONNX Runtime computes the losses and
// gradients of the trainer, which other tests compare with the interpreter. If a test fails, a combination of layers,
// losses and optimizers is exported incorrectly.
import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { randomSpec } from "../fuzz/random-spec.ts";
import { checkModels, lacksOnnx } from "../support/onnx-runtime.ts";
import { compareWithTrainer, onnxFiles } from "../support/onnx-training.ts";

const [seed, count] = [1, 40];
const indices = Array.from({ length: count }, (_, index) => index);

describe.skipIf(lacksOnnx())("a random spec", () => {
  it("is exported to files that the checker accepts", async () => {
    const models: Uint8Array[] = [];
    for (const index of indices)
      models.push(...Object.values(await onnxFiles(parseModel(randomSpec(seed, index).spec), "f64")));
    expect(checkModels(models)).toEqual(models.map(() => ""));
  });
  it.each(indices)("has the losses and gradients of the trainer: %i", async (index) => {
    const { loss, gradient } = await compareWithTrainer(parseModel(randomSpec(seed, index).spec), "f64", 3);
    // Erf is computed in f32.
    expect(loss).toBeLessThan(1e-6);
    expect(gradient).toBeLessThan(1e-6);
  });
});
