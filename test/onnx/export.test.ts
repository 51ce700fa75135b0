// The target onnx: the files gradient.onnx and step.onnx. ONNX's own checker accepts them, and ONNX Runtime computes
// the losses and gradients of the emitted trainer. If a test fails, a program that trains with these files learns
// something else than the trainer, or the files cannot be read.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../src/compiler/ir/types.ts";
import type { Shape } from "../../src/compiler/ir/types.ts";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import { shapeOfInput } from "../../src/compiler/library/onnx/model.ts";
import type { Element } from "../../src/compiler/library/onnx/model.ts";
import { isKnown, knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import { emitOnnxPredictor } from "../../src/compiler/onnx-emission.ts";
import { createBuilder, evaluateNodes } from "../../src/compiler/ops/index.ts";
import { countOf } from "../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { gradientsOfSum } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { ModelProtoSchema } from "../../src/compiler/util/onnx/onnx_pb.js";
import type { Model } from "../../src/compiler/spec/types.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { randomData } from "../fuzz/random-batch.ts";
import { imported } from "../support/emitted.ts";
import { checkModels, lacksOnnx, runJobs } from "../support/onnx-runtime.ts";
import { compareWithTrainer, jobOf, largestDifference, onnxFiles } from "../support/onnx-training.ts";
import { specs } from "../support/specs.ts";

const graphs = readdirSync("graphs").filter((file) => /\.(json|yaml|ts)$/.test(file));
const isSkipped = lacksOnnx();

const small: ModelSpec = {
  name: "small",
  inputs: { step: { shape: [4] } },
  targets: { loss: { shape: [2] } },
  network: [
    { type: "dense", units: 3, activation: "tanh" },
    { type: "dropout", rate: 0.3 },
    { type: "dense", units: 2 },
  ],
  loss: "mse",
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 1, batchSize: 4, seed: 9 },
};

const graphOf = (bytes: Uint8Array) => {
  const model = fromBinary(ModelProtoSchema, bytes);
  if (model.graph === undefined) throw new Error("the model has no graph");
  return { model, graph: model.graph };
};

describe("the files of a model", () => {
  it("are the same bytes for the same spec", async () => {
    const [first, second] = [
      await onnxFiles(parseModel(small), "f32"),
      await onnxFiles(parseModel(small), "f32"),
    ];
    expect(second).toEqual(first);
  });
  it("have opset 17, IR version 8, and only ordinary operators", async () => {
    for (const bytes of Object.values(await onnxFiles(parseModel(small), "f32"))) {
      const { model, graph } = graphOf(bytes);
      expect([model.irVersion, model.opsetImport.map(({ domain, version }) => [domain, version])]).toEqual([
        8n,
        [["", 17n]],
      ]);
      expect(graph.node.filter(({ domain }) => domain !== "")).toEqual([]);
    }
  });
  it("have the batch axis as the dimension n", async () => {
    const { gradient } = await onnxFiles(parseModel(small), "f32");
    const [input] = graphOf(gradient).graph.input;
    const type = input.type?.value;
    if (type?.case !== "tensorType") throw new Error("the input is not a tensor");
    expect(type.value.shape?.dim.map(({ value }) => value.value)).toEqual(["n", 4n]);
  });
  it("have the names of parameters, and names of results that do not clash with the spec", async () => {
    const { gradient, step } = await onnxFiles(parseModel(small), "f32");
    const ofGradient = graphOf(gradient).graph;
    expect(ofGradient.input.map(({ name }) => name)).toEqual([
      "step",
      "loss",
      "dense1.weight",
      "dense1.bias",
      "dense2.weight",
      "dense2.bias",
      "optimizer:step",
      "seed",
    ]);
    expect(ofGradient.output.map(({ name }) => name)).toEqual([
      "result:loss",
      "gradient:dense1.weight",
      "gradient:dense1.bias",
      "gradient:dense2.weight",
      "gradient:dense2.bias",
    ]);
    expect(graphOf(step).graph.output.map(({ name }) => name)).toEqual([
      "result:loss",
      "learningRate",
      "next:dense1.weight",
      "next:dense1.bias",
      "next:dense2.weight",
      "next:dense2.bias",
      "next:optimizer:step",
      "next:optimizer:mean",
      "next:optimizer:squares",
    ]);
  });
  it("show the layer, the rule and the formula of each node", async () => {
    const { gradient } = await onnxFiles(parseModel(small), "f32");
    const nodes = graphOf(gradient).graph.node.map(({ name, docString }) => [name, docString]);
    expect(nodes).toContainEqual(["dense1/tanh/dense1", "dense1 = tanh(dense1_sum)"]);
    const rule = nodes.find(([name]) => name === "dense1/contract.vjp/gradient:dense1.weight");
    expect(rule?.[1]).toContain("gradient of dense1_product = step · dense1.weight   [contract.vjp]");
  });
  it("are what the library returns", async () => {
    const { files } = await compile(small, { target: "onnx" });
    const { gradient, step } = await onnxFiles(parseModel(small), "f32");
    expect(files).toEqual([
      { name: "small.gradient.onnx", bytes: gradient },
      { name: "small.step.onnx", bytes: step },
    ]);
  });
  it.skipIf(isSkipped)("are accepted by the checker of ONNX, for every spec in graphs/", async () => {
    const models: Uint8Array[] = [];
    for (const file of graphs) {
      const { model } = await readSpec(join("graphs", file));
      models.push(...Object.values(await onnxFiles(model, "f32")));
    }
    expect(checkModels(models)).toEqual(models.map(() => ""));
  });
  it.skipIf(isSkipped)("are rejected by the checker if they are damaged", async () => {
    const { step } = await onnxFiles(parseModel(small), "f32");
    expect(checkModels([step.subarray(0, step.length / 2)])[0]).not.toBe("");
  });
});

describe.skipIf(isSkipped)("training in ONNX Runtime", () => {
  it.each(["digits.json", "two-moons.yaml", "residual.ts"])(
    "has the losses and gradients of the trainer for 20 steps: %s",
    async (file) => {
      const { model } = await readSpec(join("graphs", file));
      const { loss, gradient } = await compareWithTrainer(model, "f32", 20);
      expect(loss).toBeLessThan(1e-4);
      expect(gradient).toBeLessThan(1e-4);
    },
  );
  it.each([{ accumulate: 2 }, { average: { decay: 0.9 } }])("follows training: %j", async (training) => {
    const { inputs, targets } = { inputs: { x: small.inputs.step }, targets: { y: small.targets.loss } };
    const model = parseModel({ ...small, inputs, targets, training: { ...small.training, ...training } });
    const { loss, gradient } = await compareWithTrainer(model, "f32", 6);
    expect(loss).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });
  it.each(Object.keys(specs))("agrees for all layers, losses and optimizers: %s", async (name) => {
    const { loss, gradient } = await compareWithTrainer(parseModel(specs[name]), "f32", 3);
    expect(loss).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });
});

/** A predictor as an ONNX file, with the trainer whose parameters it contains. */
async function predictorOf(model: Model) {
  const compilation = compileFor(model, { dtype: "f32" });
  const { createTrainer } = await imported(await emitText(compilation, "f32", { isFormatted: false }));
  const trainer = createTrainer({ seed: 3 });
  const { batches } = randomData(modelFacts(model, compilation.built, "f32"), model, 5);
  trainer.step(batches[0]);
  const trained = {
    values: trainer.parameters,
    checkpointHash: "0".repeat(64),
    fields: [{ classes: ["a", "b"] }],
  };
  return { bytes: emitOnnxPredictor(compilation, "f32", trained), trainer, batch: batches[1] };
}

/** The outputs of a model that our own importer reads, computed by the interpreter. */
function importedOutputs(bytes: Uint8Array, batch: Batch): Readonly<Record<string, Tensor>> {
  const model = readModel(bytes);
  const g = createBuilder("f64");
  const given = new Map<Node, Tensor>();
  const rows = batch[model.inputs[0].name].length / countOf(model.inputs[0].shape.slice(1).map(Number));
  const leaf = (name: string, element: Element, shape: Shape, values: ArrayLike<number>): Node => {
    const node = g.input({ name, type: { element: typeOfElement(element, "f64"), shape } });
    given.set(node, { shape: boundShape(shape, rows), data: Float64Array.from(values) });
    return node;
  };
  const results = importGraph(model, {
    g,
    inputs: new Map(
      model.inputs.map((input): [string, Node] => [
        input.name,
        leaf(input.name, input.element, shapeOfInput(input), batch[input.name]),
      ]),
    ),
    initialiser: (name, data) =>
      data.element === "real" ? leaf(name, "real", data.shape, data.values) : knownTensor(data),
    constant: (name, { element, shape, values }) => leaf(name, element, shape, values.map(Number)),
    gradients: (y, xs) => gradientsOfSum(g, y, xs),
  });
  const outputs = [...results].flatMap(([storage, node]) => (isKnown(node) ? [] : [{ storage, node }]));
  const values = evaluateNodes(makeGraph("model", outputs).nodes, given, rows);
  return Object.fromEntries(
    outputs.map(({ storage, node }) => [
      storage,
      values.get(node) ?? { shape: [], data: new Float64Array() },
    ]),
  );
}

describe("a predictor", () => {
  const predictors = ["digits.json", "wine-targets.yaml", "residual.ts"];
  it.each(predictors)(
    "gives the predictions of the trainer after our importer reads it: %s",
    async (file) => {
      const { model } = await readSpec(join("graphs", file));
      const { bytes, trainer, batch } = await predictorOf(model);
      const outputs = importedOutputs(bytes, batch);
      const predicted: unknown = trainer.predict(batch);
      const expected = predicted instanceof Float32Array ? { prediction: predicted } : Object(predicted);
      expect(Object.keys(outputs).map((name) => name.replace(/^prediction:/, ""))).toEqual(
        Object.keys(expected),
      );
      for (const [name, { data }] of Object.entries(outputs))
        expect(largestDifference(data, expected[name.replace(/^prediction:/, "")])).toBeLessThan(1e-4);
    },
  );
  it.skipIf(isSkipped).each(predictors)("gives them in ONNX Runtime: %s", async (file) => {
    const { model } = await readSpec(join("graphs", file));
    const { bytes, batch } = await predictorOf(model);
    expect(checkModels([bytes])).toEqual([""]);
    const [{ outputs }] = runJobs([jobOf(bytes, {}, [batch], 1)]);
    const expected = importedOutputs(bytes, batch);
    expect(Object.keys(outputs)).toEqual(Object.keys(expected));
    for (const [name, { data }] of Object.entries(outputs))
      expect(largestDifference(data, expected[name].data)).toBeLessThan(1e-4);
  });
  const image = { shape: [9, 8, 2] };
  const convolutions: Readonly<Record<string, Pick<ModelSpec, "inputs" | "network">>> = {
    "conv2d with padding, stride and dilation": {
      inputs: { image },
      network: [
        { type: "conv2d", filters: 4, kernel: 3, padding: "same", activation: "relu" },
        { type: "conv2d", filters: 3, kernel: [2, 3], stride: [2, 1], dilation: [1, 2] },
        { type: "global-avg-pool2d" },
      ],
    },
    conv1d: {
      inputs: { image: { shape: [9, 2] } },
      network: [
        { type: "conv1d", filters: 4, kernel: 3, padding: "causal", dilation: 2 },
        { type: "conv1d", filters: 3, kernel: 2, stride: 3 },
        { type: "global-avg-pool1d" },
      ],
    },
  };
  it.each(Object.keys(convolutions))("has Conv for each convolution: %s", async (name) => {
    const spec = {
      ...small,
      ...convolutions[name],
      targets: { y: { shape: [3] } },
      optimizer: { type: "sgd", learningRate: 0.01 },
    } as const;
    const { bytes, trainer, batch } = await predictorOf(parseModel(spec));
    const operators = graphOf(bytes).graph.node.map(({ opType }) => opType);
    expect(operators.filter((operator) => operator === "Conv").length).toBe(2);
    expect(operators).not.toContain("Gather");
    const predicted = trainer.predict(batch);
    expect(largestDifference(importedOutputs(bytes, batch).prediction.data, predicted)).toBeLessThan(1e-4);
    if (isSkipped) return;
    expect(checkModels([bytes])).toEqual([""]);
    const [{ outputs }] = runJobs([jobOf(bytes, {}, [batch], 1)]);
    expect(largestDifference(outputs.prediction.data, predicted)).toBeLessThan(1e-4);
  });
  it("has the encoding of rows and the checkpoint in its metadata", async () => {
    const { model } = await readSpec(join("graphs", "digits.json"));
    const { bytes } = await predictorOf(model);
    const { metadataProps } = graphOf(bytes).model;
    const properties = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(properties["tapeless.checkpointHash"]).toBe("0".repeat(64));
    expect(JSON.parse(properties["tapeless.fields"])).toEqual([{ classes: ["a", "b"] }]);
    expect(Object.keys(JSON.parse(properties["tapeless.data"]))).toContain("inputs");
  });
});
