// Models that PyTorch exports, imported as specs: the expected layers, and predictions as in PyTorch. If a test fails,
// a spec has other layers than the model in PyTorch, or predicts something else.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { numbersFor } from "../../src/command/formats/parameters/parameters.ts";
import { differenceFrom } from "../../src/command/onnx/compare-spec.ts";
import { recogniseModel } from "../../src/command/onnx/recognise.ts";
import { sourceGraph } from "../../src/command/onnx/source-graph.ts";
import { specOf } from "../../src/command/onnx/spec-of.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { givenModelFiles } from "../../src/compiler/spec/model-files.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { lacksModules, python } from "../support/python.ts";

const exported = z.object({
  name: z.string(),
  file: z.base64(),
  x: z.array(z.number()),
  y: z.array(z.number()),
});
type Exported = z.infer<typeof exported>;

/** The types of the layers, in order. Activations of dense layers and convolutions are keys. */
const layers: Readonly<Record<string, string>> = {
  mlp: "dense dense",
  activations: `${"dense ".repeat(14)}prelu dense`,
  cnn: "conv2d max-pool2d conv2d avg-pool2d flatten batch-norm dense",
  block: "conv2d conv2d add concat global-avg-pool2d dense",
  decoder: "conv2d-transpose group-norm activation conv2d depth-to-space",
  sequence: "conv1d instance-norm prelu max-pool1d global-avg-pool1d dense",
  lstm: "lstm lstm dense",
  bilstm: "bidirectional dense",
  bigru: "bidirectional dense",
  gru: "gru dense",
  rnn: "rnn dense",
  classifier: "embedding position-embedding global-avg-pool1d dense",
  encoder: "layer-norm attention add layer-norm dense dense add",
  "post-norm encoder": "attention add layer-norm dense dense add layer-norm",
  attention: "attention",
  part: "dense onnx dense",
  // The part before the convolution has channels first, as in the file, so that it contains the convolution.
  parts: "onnx activation onnx flatten dense onnx",
  "older norms": "dense layer-norm activation dense",
  "last of both": "bidirectional onnx dense",
  gpt: "embedding position-embedding layer-norm attention add layer-norm dense dense add dense",
};

const script = fileURLToPath(new URL("import_models.py", import.meta.url));

function imported({ name, file }: Exported) {
  const bytes = Buffer.from(file, "base64");
  const read = readModel(bytes);
  const source = sourceGraph(read);
  const recognised = specOf(name, source, recogniseModel(source, read, "model.onnx"));
  const model = parseModel(recognised.spec, givenModelFiles({ "model.onnx": bytes }));
  expect(differenceFrom(source, model, recognised)).toBeUndefined();
  return { recognised, model };
}

/** The largest difference from PyTorch's predictions, relative to the largest prediction or to 1. */
async function distance(given: Exported, dtype: "f32" | "f64"): Promise<number> {
  const { recognised, model } = imported(given);
  const { createTrainer } = await loadTrainer(
    await emitText(compileFor(model, { dtype }), dtype, { isFormatted: false }),
  );
  const trainer = createTrainer();
  // Layers of the type onnx have the weights of the file.
  const own = Object.keys(trainer.parameters).filter((name) => !name.startsWith("onnx"));
  expect(recognised.parameters.map(({ name }) => name).sort()).toEqual(own.sort());
  for (const tensor of recognised.parameters) trainer.parameters[tensor.name].set(numbersFor(dtype, tensor));
  const predicted = trainer.predict({ [Object.keys(model.inputs)[0]]: given.x });
  expect(predicted.length).toBe(given.y.length);
  const scale = given.y.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return given.y.reduce((worst, value, i) => Math.max(worst, Math.abs(predicted[i] - value)), 0) / scale;
}

describe.skipIf(lacksModules("torch", "onnx"))(
  "models of PyTorch (need python3-torch and python3-onnx)",
  () => {
    const models = new Map<string, Exported>();
    beforeAll(() => {
      const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
      const { stdout, stderr } = spawnSync(python, [script], options);
      for (const line of stdout.split("\n").filter((text) => text !== "")) {
        const model = exported.parse(JSON.parse(line));
        models.set(model.name, model);
      }
      if (models.size < Object.keys(layers).length)
        throw new Error(`PyTorch exported ${models.size} models: ${stderr.slice(-1000)}`);
    }, 120_000);

    it.each(Object.entries(layers))("%s has the layers %s", (name, types) => {
      const { recognised } = imported(exported.parse(models.get(name)));
      expect(recognised.layers.map(({ draft }) => draft.type).join(" ")).toBe(types);
    });

    it("predict in f64 as in PyTorch within 1e-10", async () => {
      for (const [name, model] of models) expect.soft(await distance(model, "f64"), name).toBeLessThan(1e-10);
    }, 240_000);

    it("predict in f32 as in PyTorch within 1e-5", async () => {
      for (const [name, model] of models) expect.soft(await distance(model, "f32"), name).toBeLessThan(1e-5);
    }, 240_000);
  },
);
