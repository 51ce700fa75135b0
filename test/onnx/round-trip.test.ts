// Spec → ONNX → spec, for every layer of the library: the predictor is exported and imported again. If a test fails, a
// layer cannot be imported from our own files, or it returns as another function.
//
// Graphs are compared after the graph passes of the compiler. They are equal if they differ only in the names of
// values, in the order of independent nodes, and in the order of the operands of recurrences, as stated in
// test/support/canonical-graph.ts.
// Rows with a reason have another graph. The predictions and the gradients of all rows are also compared as numbers.
import { describe, expect, it } from "vitest";
import { differenceFrom } from "../../src/command/onnx/compare-spec.ts";
import { recogniseModel } from "../../src/command/onnx/recognise.ts";
import { sourceGraph } from "../../src/command/onnx/source-graph.ts";
import { specOf } from "../../src/command/onnx/spec-of.ts";
import { compileFor, emitFiles } from "../../src/compiler/compile-target.ts";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { sizeOf } from "../../src/compiler/ir/types.ts";
import type { Shape } from "../../src/compiler/ir/types.ts";
import type { layers } from "../../src/compiler/library/layers/index.ts";
import { importGraph } from "../../src/compiler/library/onnx/import-graph.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import type { Element } from "../../src/compiler/library/onnx/model.ts";
import { knownTensor, typeOfElement } from "../../src/compiler/library/onnx/values.ts";
import { emitOnnxPredictor } from "../../src/compiler/onnx-emission.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import type { Tensor } from "../../src/compiler/ops/tensor.ts";
import { gradientsOfSum } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import type { CompiledGraphs } from "../../src/compiler/pipeline.ts";
import { interpret } from "../../src/compiler/reference/interpret.ts";
import { givenModelFiles } from "../../src/compiler/spec/model-files.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { canonicalText } from "../support/canonical-graph.ts";
import { streamOf } from "../support/tensors.ts";
import { dense as denseModel, modelBytes } from "./make-model.ts";

interface Row {
  /** The shapes of the inputs, by name; integers are indices below 7. */
  readonly inputs: Readonly<Record<string, object>>;
  readonly network: readonly unknown[];
  readonly target: readonly number[];
  /** The layers of the imported spec. */
  readonly becomes: string;
  /** Why the imported spec has another graph. */
  readonly differs?: string;
  /** The tolerance of gradients, by default 1e-9. */
  readonly tolerance?: number;
}

const vector = { x: { shape: [4] } };
const sequence = { x: { shape: [5, 4] } };
const image = { x: { shape: [6, 6, 4] } };
const tokens = { x: { shape: [5], dtype: "i32" } };

/** A dense layer, because a network needs a trainable parameter, and the layer. */
const after = (
  inputs: Row["inputs"],
  layer: object,
  target: readonly number[],
  becomes: string,
  differs?: string,
): Row => ({
  inputs,
  network: [{ type: "dense", name: "mix", units: 4 }, layer],
  target,
  becomes: `dense${becomes === "" ? "" : ` ${becomes}`}`,
  ...(differs === undefined ? {} : { differs }),
});

const noOperator = "ONNX has no expm1 and no log1p, which the file composes of other operators";
const foldedBias = "the dense layer before the recurrence has one bias, the sum of both biases of the layer";
const gatheredFold =
  "ONNX adds overlapping windows of images only in ConvTranspose, so a fold is a sum of gathered elements";
const negativeIndices = "Gather of ONNX counts negative indices from the end";
const tableOfCounts =
  "a table of integers that the file repeats along an axis is a stored constant, or counted in other steps";

/** A layer of each type. A new type does not compile without a row here. */
const rows: Readonly<Record<keyof typeof layers, Row>> = {
  dense: after(vector, { type: "dense", units: 3 }, [3], "dense"),
  activation: after(vector, { type: "activation", fn: "tanh" }, [4], ""),
  prelu: after(vector, { type: "prelu" }, [4], "prelu"),
  // A predictor drops nothing.
  dropout: after(vector, { type: "dropout", rate: 0.3 }, [4], ""),
  flatten: after(sequence, { type: "flatten" }, [20], "flatten"),
  reshape: after(vector, { type: "reshape", shape: [2, 2] }, [2, 2], "reshape"),
  pad: after(image, { type: "pad", padding: 1 }, [8, 8, 4], "pad"),
  add: after(vector, { type: "add", from: ["mix", "x"] }, [4], "add"),
  multiply: after(vector, { type: "multiply", from: ["mix", "x"] }, [4], "multiply"),
  concat: after(vector, { type: "concat", from: ["mix", "x"] }, [8], "concat"),
  conv1d: after(sequence, { type: "conv1d", filters: 3, kernel: 3 }, [3, 3], "onnx"),
  conv2d: after(image, { type: "conv2d", filters: 3, kernel: 3 }, [4, 4, 3], "onnx"),
  "depthwise-conv2d": after(image, { type: "depthwise-conv2d", kernel: 3 }, [4, 4, 4], "onnx"),
  "conv1d-transpose": after(
    sequence,
    { type: "conv1d-transpose", filters: 3, kernel: 3, stride: 2 },
    [11, 3],
    "onnx",
    gatheredFold,
  ),
  "conv2d-transpose": after(
    image,
    { type: "conv2d-transpose", filters: 3, kernel: 3, stride: 2 },
    [13, 13, 3],
    "onnx",
    gatheredFold,
  ),
  upsample: after(image, { type: "upsample", factor: 2 }, [12, 12, 4], "onnx reshape"),
  "depth-to-space": after(image, { type: "depth-to-space", block: 2 }, [12, 12, 1], "reshape onnx"),
  "space-to-depth": after(image, { type: "space-to-depth", block: 2 }, [3, 3, 16], "reshape onnx"),
  "max-pool1d": after(sequence, { type: "max-pool1d", size: 2 }, [2, 4], "onnx"),
  "max-pool2d": after(image, { type: "max-pool2d", size: 2 }, [3, 3, 4], "reshape onnx"),
  "avg-pool1d": after(sequence, { type: "avg-pool1d", size: 2 }, [2, 4], "onnx"),
  "avg-pool2d": after(image, { type: "avg-pool2d", size: 3, stride: 2, padding: 1 }, [3, 3, 4], "pad onnx"),
  "global-avg-pool1d": after(sequence, { type: "global-avg-pool1d" }, [4], "global-avg-pool1d"),
  "global-avg-pool2d": after(image, { type: "global-avg-pool2d" }, [4], "global-avg-pool2d"),
  "global-max-pool1d": after(sequence, { type: "global-max-pool1d" }, [4], "global-max-pool1d"),
  "global-max-pool2d": after(image, { type: "global-max-pool2d" }, [4], "global-max-pool2d"),
  "batch-norm": after(image, { type: "batch-norm" }, [6, 6, 4], "batch-norm"),
  "layer-norm": after(sequence, { type: "layer-norm" }, [5, 4], "layer-norm"),
  "group-norm": after(image, { type: "group-norm", groups: 2 }, [6, 6, 4], "group-norm"),
  "instance-norm": after(image, { type: "instance-norm", affine: true }, [6, 6, 4], "instance-norm"),
  "rms-norm": after(sequence, { type: "rms-norm" }, [5, 4], "rms-norm"),
  embedding: {
    inputs: tokens,
    network: [{ type: "embedding", vocabulary: 7, units: 4 }],
    target: [5, 4],
    becomes: "embedding",
  },
  "position-embedding": after(sequence, { type: "position-embedding" }, [5, 4], "position-embedding"),
  attention: after(sequence, { type: "attention", heads: 2 }, [5, 4], "attention"),
  "cross-attention": {
    inputs: { ...sequence, memory: { shape: [3, 6] } },
    network: [{ type: "cross-attention", heads: 2, from: ["x", "memory"] }],
    target: [5, 4],
    becomes: "cross-attention",
  },
  rnn: after(sequence, { type: "rnn", units: 3 }, [3], "dense onnx flatten", foldedBias),
  lstm: after(
    sequence,
    { type: "lstm", units: 3, returnSequences: true, reverse: true },
    [5, 3],
    "dense onnx",
    foldedBias,
  ),
  gru: after(sequence, { type: "gru", units: 3 }, [3], "dense onnx flatten"),
  onnx: {
    inputs: { x: { shape: [2] } },
    network: [{ type: "onnx", file: "inner.onnx" }],
    target: [3],
    becomes: "dense",
  },
  custom: after(
    vector,
    {
      type: "custom",
      build: ({ g }: { g: { sin(x: Node): Node } }, x: Node): Node => g.sin(x),
    },
    [4],
    "onnx",
  ),
};

const fn = (name: string, becomes: string, differs?: string): Row =>
  after(vector, { type: "activation", fn: name }, [4], becomes, differs);

/** Blocks, other options of layers, and activations. */
const others: Readonly<Record<string, Row>> = {
  residual: after(vector, { type: "residual", layers: [{ type: "dense", units: 4 }] }, [4], "dense add"),
  bidirectional: after(
    sequence,
    { type: "bidirectional", layer: { type: "gru", units: 3, returnSequences: true } },
    [5, 6],
    "onnx",
  ),
  "causal attention": after(sequence, { type: "attention", heads: 2, causal: true }, [5, 4], "attention"),
  "grouped convolution with a stride": after(
    image,
    { type: "conv2d", filters: 4, kernel: 3, groups: 2, stride: 2, padding: 1 },
    [3, 3, 4],
    "reshape onnx",
  ),
  "linear upsampling": after(
    image,
    { type: "upsample", factor: 2, mode: "linear" },
    [12, 12, 4],
    "onnx reshape",
    tableOfCounts,
  ),
  "pool without padding in the mean": after(
    image,
    { type: "avg-pool2d", size: 3, stride: 2, padding: 1, countPadding: false },
    [3, 3, 4],
    "pad onnx",
    tableOfCounts,
  ),
  "recurrence over padded tokens": {
    inputs: { x: { shape: [5], dtype: "i32", padding: 0 } },
    network: [
      { type: "embedding", vocabulary: 7, units: 4 },
      { type: "gru", units: 3 },
    ],
    target: [3],
    becomes: "onnx flatten",
    differs: negativeIndices,
  },
  relu: fn("relu", ""),
  sigmoid: fn("sigmoid", ""),
  silu: fn("silu", ""),
  softsign: fn("softsign", ""),
  softmax: fn("softmax", ""),
  "log-softmax": fn("log-softmax", "onnx"),
  gelu: fn("gelu", ""),
  "leaky-relu": fn("leaky-relu", ""),
  relu6: fn("relu6", ""),
  "hard-tanh": fn("hard-tanh", ""),
  // The slope is 1/6 in f32, as in PyTorch, and a predictor has only the exact value.
  "hard-sigmoid": { ...fn("hard-sigmoid", "onnx"), tolerance: 1e-7 },
  "hard-swish": fn("hard-swish", ""),
  softplus: fn("softplus", "onnx", noOperator),
  mish: fn("mish", "onnx", noOperator),
  elu: fn("elu", "onnx", noOperator),
  celu: fn("celu", "onnx", noOperator),
  selu: fn("selu", "onnx", noOperator),
};

const files = { "inner.onnx": modelBytes(denseModel) };

/** Random numbers for the parameters; a variance is above zero. */
function valuesOf({ built }: CompiledGraphs): Map<string, Tensor> {
  const random = streamOf(7);
  return new Map(
    built.parameters.map(({ name, shape }) => {
      const draw = () => (name.endsWith(".variance") ? 0.5 + random.unit() : 2 * random.unit() - 1);
      return [name, { shape, data: Float64Array.from({ length: sizeOf(shape, 1) }, draw) }];
    }),
  );
}

const specFor = ({ inputs, network, target }: Pick<Row, "inputs" | "network" | "target">) => ({
  name: "model",
  inputs,
  targets: { y: { shape: target } },
  network,
  loss: "mse",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 3 },
});

/** The model of a row, its file, and the model that is imported from the file. */
function roundTrip(row: Row) {
  const model = parseModel(specFor(row), givenModelFiles(files));
  const compilation = compileFor(model, { dtype: "f64", target: "onnx" });
  const values = valuesOf(compilation);
  const bytes = emitOnnxPredictor(compilation, "f64", {
    values: Object.fromEntries([...values].map(([name, { data }]) => [name, data])),
    checkpointHash: "0".repeat(64),
  });
  const read = readModel(bytes);
  const source = sourceGraph(read);
  const recognised = specOf("model", source, recogniseModel(source, read, "model.onnx"));
  const imported = parseModel(recognised.spec, givenModelFiles({ "model.onnx": bytes }));
  const again = compileFor(imported, { dtype: "f64", target: "onnx" });
  expect(differenceFrom(source, imported, recognised)).toBeUndefined();
  return { compilation, values, recognised, again };
}

/** The predictions for random inputs, and the gradients of their weighted sum, by parameter. */
function computed({ derived: { predict } }: CompiledGraphs, values: ReadonlyMap<string, Tensor>) {
  const g = createBuilder("f64");
  const [{ node: y }] = predict.outputs;
  const parameters = predict.nodes.flatMap((node) =>
    node.op === "parameter" ? [{ node, name: node.attributes.name }] : [],
  );
  const weight = g.input({ name: "weight of the sum", type: y.type });
  const gradients = gradientsOfSum(
    g,
    g.multiply(weight, y),
    parameters.map(({ node }) => node),
  );
  const graph = makeGraph("gradient", [
    { storage: "y", node: y },
    ...parameters.map(({ name }, i) => ({ storage: name, node: gradients[i] })),
  ]);
  const random = streamOf(3);
  const inputs = graph.nodes.flatMap((node): [string, Tensor][] => {
    if (node.op !== "input") return [];
    const draw = () => (node.type.element === "i32" ? random.below(7) : 4 * random.unit() - 2);
    const shape = node.type.shape.map((size) => (size === "n" ? 3 : size));
    return [[node.attributes.name, { shape, data: Float64Array.from({ length: sizeOf(shape, 3) }, draw) }]];
  });
  return interpret(graph, new Map([...inputs, ...values]), 3);
}

const distance = (a: Tensor | undefined, b: Tensor | undefined): number =>
  a === undefined || b?.data.length !== a.data.length
    ? Infinity
    : a.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.data[i])), 0);

/** The values of the imported parameters: those of the checkpoint, and those of the file. */
function importedValues({ recognised, again }: ReturnType<typeof roundTrip>): Map<string, Tensor> {
  const fixed = again.built.parameters.flatMap(({ name, shape, fill }): [string, Tensor][] =>
    fill.kind === "given" ? [[name, { shape, data: Float64Array.from(fill.values) }]] : [],
  );
  const stored = recognised.parameters.map(({ name, shape, numbers }): [string, Tensor] => [
    name,
    { shape, data: Float64Array.from(numbers()) },
  ]);
  return new Map([...fixed, ...stored]);
}

describe("a layer comes back from an exported predictor", () => {
  it.each(Object.entries({ ...rows, ...others }))("%s", (_, row) => {
    const trip = roundTrip(row);
    const { compilation, values, recognised, again } = trip;
    expect(recognised.layers.map(({ draft }) => draft.type).join(" ")).toBe(row.becomes);
    const [before, after] = [compilation, again].map(({ graphs }) => canonicalText(graphs.predict));
    if (row.differs === undefined) expect(after).toBe(before);
    else expect(after, `the graphs are equal, although ${row.differs}`).not.toBe(before);

    const own = importedValues(trip);
    const [expected, found] = [computed(compilation, values), computed(again, own)];
    expect(distance(expected.get("y"), found.get("y")), "predictions").toBeLessThan(1e-10);
    // Parameters with the same numbers correspond.
    const pairs = [...values].flatMap(([name, value]) =>
      [...own].flatMap(([other, copy]) => (distance(value, copy) === 0 ? [[name, other]] : [])),
    );
    expect(pairs.length).toBeGreaterThan(0);
    for (const [name, other] of pairs)
      expect(distance(expected.get(name), found.get(other)), `gradient of ${name}`).toBeLessThan(
        row.tolerance ?? 1e-9,
      );
  });
});

it("the random bits of a training step are refused with their reason", async () => {
  const model = parseModel(specFor(rows.dropout));
  const files = await emitFiles(compileFor(model, { dtype: "f64", target: "onnx" }), "f64");
  const read = readModel(files?.find(({ name }) => name.endsWith("step.onnx"))?.bytes ?? new Uint8Array());
  const g = createBuilder("f64");
  const leaf = (name: string, element: Element, shape: Shape): Node =>
    g.input({ name, type: { element: typeOfElement(element, "f64"), shape } });
  const attempt = () =>
    importGraph(read, {
      g,
      inputs: new Map(
        read.inputs.map((input) => [
          input.name,
          leaf(
            input.name,
            input.element,
            input.shape.map((size) => (typeof size === "number" ? size : "n")),
          ),
        ]),
      ),
      initialiser: (_, data) => knownTensor(data),
      constant: (name, { element, shape }) => leaf(name, element, shape),
    });
  expect(attempt).toThrow(/\(Mod\) computes with an integer of more than 32 bits, which is not supported/);
});
