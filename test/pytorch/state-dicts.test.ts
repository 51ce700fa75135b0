// The state_dict of the emitted `Model`, exported and imported. If a test fails, parameters get lost or change their
// order between a checkpoint and PyTorch.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { safetensors } from "../../src/command/formats/parameters/formats.ts";
import { parametersIn } from "../../src/command/formats/parameters/parameters.ts";
import { encodeStateDict } from "../../src/command/formats/pytorch/emitted-state-dict.ts";
import { resolveTensors } from "../../src/command/formats/pytorch/state-dict.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { randomStream } from "../../src/runtime/numbers/random.ts";
import { largestDifference } from "../support/onnx-training.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { python } from "../support/python.ts";

const folder = mkdtempSync(join(tmpdir(), "pytorch-state-dicts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const training = { epochs: 1, batchSize: 3, seed: 2 };

/** Images that are flattened, statistics, class weights, and layers that PyTorch has in other layouts or not at all. */
const images: ModelSpec = {
  name: "images",
  inputs: { x: { shape: [6, 6, 2] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "conv2d", filters: 4, kernel: 3, activation: "relu" },
    { type: "batch-norm" },
    { type: "flatten" },
    { type: "dense", units: 5, activation: { formula: "x * sigmoid(b * x)", constants: { b: 2 } } },
    { type: "layer-norm" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { ...training, classWeights: [1, 2, 3] },
};

const sequences: ModelSpec = {
  name: "sequences",
  inputs: { x: { shape: [5, 4] } },
  targets: { y: { shape: [2] } },
  network: [
    { type: "lstm", units: 4, returnSequences: true },
    { type: "attention", heads: 2 },
    { type: "conv1d", filters: 3, kernel: 2 },
    { type: "flatten" },
    { type: "dense", units: 2 },
  ],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.01 },
  training,
};

describe.skipIf(lacksTorch())("the state_dict of the emitted Model", () => {
  it.each([images, sequences])("predicts the same in PyTorch, and comes back: $name", async (spec) => {
    const model = parseModel(spec);
    const { createTrainer, model: facts } = await loadTrainer(
      await emitText(compileFor(model, { dtype: "f64" }), "f64", { isFormatted: false }),
    );
    const trainer = createTrainer();
    const random = randomStream(7);
    for (const values of Object.values(trainer.parameters))
      values.forEach((_, i) => (values[i] = 0.1 + random.unit()));
    const { tensors } = parametersIn(trainer.save());
    const file = encodeStateDict(model, tensors, { model: model.name });

    const [emitted, given, copy] = ["emitted.py", "state.safetensors", "copy.safetensors"].map((name) =>
      join(folder, `${spec.name}.${name}`),
    );
    writeFileSync(emitted, await emitText(compileFor(model, { target: "pytorch", dtype: "f64" }), "f64"));
    writeFileSync(given, file);
    const { shape } = model.inputs.x;
    const x = Float64Array.from({ length: shape.reduce((a, b) => a * b, 2) }, () => random.unit());
    const script = fileURLToPath(new URL("../support/pytorch_safetensors.py", import.meta.url));
    const args = [script, "--state-dict", emitted, given, JSON.stringify([nested(x, [2, ...shape])]), copy];
    const { stdout, stderr } = spawnSync(python, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    const predicted = z.array(z.number()).parse(JSON.parse(stdout));
    expect(largestDifference(predicted, trainer.predict({ x }))).toBeLessThan(1e-12);

    // The metadata says what the file is; a file that PyTorch writes has none, so the option does.
    for (const [bytes, layout] of [[file], [readFileSync(copy), "emitted"]] as const) {
      const found = resolveTensors(model, facts.parameters, safetensors.decode(bytes), {
        file: given,
        layout,
      });
      expect(found.diagnostics).toEqual([]);
      for (const tensor of found.tensors ?? [])
        expect(Array.from(tensor.numbers()), tensor.name).toEqual([...trainer.parameters[tensor.name]]);
      expect(found.tensors).toHaveLength(facts.parameters.length);
    }
  });
});

/** The numbers as nested lists of this shape. */
function nested(numbers: Float64Array, [size = 0, ...rest]: readonly number[]): unknown {
  if (rest.length === 0) return Array.from(numbers);
  const length = numbers.length / size;
  return Array.from({ length: size }, (_, i) => nested(numbers.subarray(i * length, (i + 1) * length), rest));
}
