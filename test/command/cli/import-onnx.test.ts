// `tapeless import MODEL.onnx`: the table, the spec and the checkpoint that it writes, and the reasons why nodes are no
// layer. If a test fails, a spec is wrong, or users do not learn which part of a model is not a layer.
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { recognise, recogniseModel } from "../../../src/command/onnx/recognise.ts";
import { sourceGraph } from "../../../src/command/onnx/source-graph.ts";
import { parametersIn } from "../../../src/command/formats/parameters/parameters.ts";
import { readModel } from "../../../src/compiler/library/onnx/model-file.ts";
import { AttributeType, DataType, dense, modelBytes, reals, valueInfo } from "../../onnx/make-model.ts";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "string")
      return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
    if (typeof value !== "number")
      return { name, type: AttributeType.INTS, ints: value.map((each) => BigInt(each)) };
    return Number.isInteger(value) && name !== "alpha"
      ? { name, type: AttributeType.INT, i: BigInt(value) }
      : { name, type: AttributeType.FLOAT, f: value };
  });

const integers = (name: string, values: readonly number[], shape: readonly number[] = [values.length]) => ({
  name,
  dims: shape.map(BigInt),
  dataType: DataType.INT64,
  int64Data: values.map(BigInt),
});

/** A tensor of small numbers that are all different. */
const numbers = (name: string, ...shape: readonly number[]) =>
  reals(
    name,
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
  );

type Weights = readonly (ReturnType<typeof reals> | ReturnType<typeof integers>)[];

interface NodeText {
  /** `Operator a b -> c` */
  readonly text: string;
  readonly attributes?: Attributes;
}

/** A model with the input x of this shape and the output y. */
function modelOf(
  shape: readonly number[],
  nodes: readonly NodeText[],
  weights: Weights = [],
  rows: number | string = "batch",
): Uint8Array {
  return modelBytes({
    name: "model",
    input: [valueInfo("x", [rows, ...shape])],
    output: [valueInfo("y", [rows])],
    initializer: [...weights],
    node: nodes.map(({ text, attributes = {} }, i) => {
      const [left, right] = text.split(" -> ");
      const [opType, ...input] = left.split(" ");
      const names = input.map((name) => (name === "_" ? "" : name));
      const all = attributesOf(attributes);
      return { name: `node${i}`, opType, input: names, output: right.split(" "), attribute: all };
    }),
  });
}

const node = (text: string, attributes: Attributes = {}): NodeText => ({ text, attributes });

const recurrentWeights = (gates: number, directions = 1): Weights => [
  numbers("w", directions, gates * 3, 2),
  numbers("r", directions, gates * 3, 3),
  numbers("b", directions, gates * 6),
];
const turned = node("Transpose x -> t", { perm: [1, 0, 2] });

describe("tapeless import with an ONNX model", () => {
  place.write("model.onnx", modelBytes(dense));

  it("prints the layers, and writes the spec and a checkpoint", async () => {
    const table = "model.onnx: 2 nodes in 1 layer\n\ndense1  gemm: Gemm Relu\n";
    expect(await place.run("import", "model.onnx")).toEqual({ code: 0, stdout: table, stderr: "" });
    const { code, stdout, stderr } = await place.run("import", "model.onnx", "-o", "out/spec.yaml");
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${table}\nmodel.onnx → out/spec.yaml, out/spec.ckpt\n`,
      stderr: "",
    });
    expect(place.made()).toEqual(["out/spec.ckpt", "out/spec.yaml"]);
    expect(parse(place.read("out/spec.yaml"))).toEqual({
      name: "model",
      inputs: { x: { shape: [2] } },
      targets: { target: { shape: [3] } },
      network: [{ type: "dense", units: 3, activation: "relu" }],
      loss: "mse",
      optimizer: { type: "adam" },
      training: { epochs: 10, batchSize: 32, seed: 1 },
    });
    const { model, tensors } = parametersIn(place.bytes("out/spec.ckpt"));
    expect(model.dtype).toBe("f32");
    expect(tensors.map(({ name, numbers: values }) => [name, [...values]])).toEqual([
      ["dense1.weight", [1, 2, 3, 4, 5, 6]],
      ["dense1.bias", [0.5, 0, -0.5]],
    ]);
    const inspected = await place.run("inspect", "out/spec.yaml");
    expect(inspected.code).toBe(0);
  });

  it("says that images have channels last", async () => {
    const weights = [numbers("w", 2, 3, 2, 2)];
    place.write("map.onnx", modelOf([3, 5, 6], [node("Conv x w -> y")], weights));
    const { stdout } = await place.run("import", "map.onnx", "-o", "map.yaml", "--dtype", "f64");
    expect(stdout).toContain("The input x has channels last, [5, 6, 3].");
    expect(place.read("map.yaml")).toContain("# The output has channels last, unlike in the file.");
    expect(parse(place.read("map.yaml"))).toMatchObject({
      inputs: { x: { shape: [5, 6, 3] } },
      targets: { target: { shape: [4, 5, 2] } },
      network: [{ type: "conv2d", filters: 2, kernel: 2, bias: false }],
    });
  });

  it("writes a layer onnx for the part that has no layers", async () => {
    const nodes = [
      node("MatMul x w -> h"),
      node("Sin h -> s"),
      node("Add s h -> t"),
      node("MatMul t v -> u"),
    ];
    const weights = [numbers("w", 4, 3), numbers("v", 3, 2)];
    place.write("parts/odd.onnx", modelOf([4], [...nodes, node("Relu u -> y")], weights));
    const { code, stdout, stderr } = await place.run(
      "import",
      "parts/odd.onnx",
      "-o",
      "odd.yaml",
      "--dtype",
      "f64",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      `parts/odd.onnx: 5 nodes in 3 layers

dense1  node0: MatMul
onnx1   node1: Sin Add
dense2  node3: MatMul Relu

These nodes are not a part of any other layer, so layers of the type onnx contain them:
  "node1" (Sin) is an operator that no layer computes

parts/odd.onnx → odd.yaml, odd.ckpt
`,
    );
    expect(parse(place.read("odd.yaml"))).toMatchObject({
      network: [
        { type: "dense", units: 3, bias: false },
        { type: "onnx", file: "parts/odd.onnx", from: ["dense1", "h"], until: "t" },
        { type: "dense", units: 2, bias: false, activation: "relu" },
      ],
    });
    expect(parametersIn(place.bytes("odd.ckpt")).tensors.map(({ name }) => name)).toEqual([
      "dense1.weight",
      "dense2.weight",
    ]);
    expect((await place.run("inspect", "odd.yaml")).code).toBe(0);
  });

  it("writes a layer onnx for each of several parts that have no layers", async () => {
    const nodes = [
      node("Sin x -> a"),
      node("Cos a -> b"),
      node("MatMul b w -> c"),
      node("Sin c -> d"),
      node("Reshape d shape -> e"),
      node("Cos e -> f"),
      node("Flatten f -> g"),
      node("MatMul g v -> y"),
    ];
    const weights = [numbers("w", 4, 6), integers("shape", [-1, 2, 3]), numbers("v", 6, 2)];
    place.write("several.onnx", modelOf([4], nodes, weights));
    const { code, stdout, stderr } = await place.run("import", "several.onnx", "-o", "several.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of [
      "onnx1     node0: Sin Cos\n",
      "onnx2     node3: Sin Reshape Cos\n",
      '"node0" (Sin) is an operator that no layer computes\n  "node3" (Sin) is an operator that no layer computes\n',
    ])
      expect(stdout).toContain(line);
    // A reshape between two parts is contained in one part with them.
    expect(parse(place.read("several.yaml"))).toMatchObject({
      network: [
        { type: "onnx", file: "several.onnx", until: "b" },
        { type: "dense", units: 6, bias: false },
        { type: "onnx", file: "several.onnx", from: ["dense1", "c"], until: "f" },
        { type: "flatten" },
        { type: "dense", units: 2, bias: false },
      ],
    });
    expect((await place.run("inspect", "several.yaml")).code).toBe(0);
  });

  it("has at most 100 layers onnx, of which the last one contains the rest", () => {
    const nodes = Array.from({ length: 150 }, (_, i) => [
      node(`Sin ${i === 0 ? "x" : `r${i}`} -> s${i}`),
      node(`Relu s${i} -> ${i === 149 ? "y" : `r${i + 1}`}`),
    ]).flat();
    const model = readModel(modelOf([2], nodes));
    const { drafts } = recogniseModel(sourceGraph(model), model, "long.onnx");
    const parts = drafts.filter(({ type }) => type === "onnx");
    expect(parts.length).toBe(100);
    expect(parts.map((part) => part.nodes.length)).toEqual([...Array.from({ length: 99 }, () => 1), 102]);
  });

  it("writes activations with their keys, as layers and as keys of layers", async () => {
    const nodes = [
      node("LeakyRelu x -> a", { alpha: 0.2 }),
      node("MatMul a w -> b"),
      node("Elu b -> y", { alpha: 0.5 }),
    ];
    place.write("keys.onnx", modelOf([2], nodes, [numbers("w", 2, 3)]));
    expect((await place.run("import", "keys.onnx", "-o", "keys.yaml")).stderr).toBe("");
    expect(parse(place.read("keys.yaml"))).toMatchObject({
      network: [
        { type: "activation", fn: "leaky-relu", slope: 0.2 },
        { type: "dense", units: 3, bias: false, activation: { type: "elu", alpha: 0.5 } },
      ],
    });
  });

  it("keeps the weights of the part in the checkpoint, and the order of a flattened image", async () => {
    const weights = [numbers("w", 2, 3, 2, 2)];
    place.write("image.onnx", modelOf([3, 5, 6], [node("Conv x w -> h"), node("Flatten h -> y")], weights));
    const { stdout } = await place.run("import", "image.onnx", "-o", "image.yaml");
    expect(stdout).toContain(
      '"node1" (Flatten) returns a flattened image, whose elements have another order with channels last',
    );
    expect(parse(place.read("image.yaml"))).toMatchObject({
      inputs: { x: { shape: [3, 5, 6] } },
      network: [{ type: "onnx", file: "image.onnx", until: "h" }, { type: "flatten" }],
    });
    const [{ name, numbers: values }] = parametersIn(place.bytes("image.ckpt")).tensors;
    expect([name, values.length]).toEqual(["onnx1.w", 24]);
    expect(values[0]).toBeCloseTo(Math.sin(1), 6);
  });

  it("refuses a model whose nodes no layer can contain", async () => {
    const bytes = modelBytes({
      name: "two",
      input: [valueInfo("x", ["batch", 2]), valueInfo("z", ["batch", 2])],
      output: [valueInfo("y", ["batch", 2])],
      node: [
        { name: "odd", opType: "Sin", input: ["x"], output: ["s"] },
        { name: "sum", opType: "Add", input: ["s", "z"], output: ["y"] },
      ],
    });
    place.write("inputs.onnx", bytes);
    expectRefusal(
      await place.run("import", "inputs.onnx", "-o", "inputs.yaml"),
      "inputs.onnx error T3008: nodes are not a part of any layer, and no part of the file with one input contains them",
      'note: "odd" (Sin) is an operator that no layer computes\n',
    );
    expect(place.made()).not.toContain("inputs.yaml");
  });

  it.each([
    [["model.onnx", "-o", "model.json"], "T1010: the spec model.json must be a .yaml file"],
    [["model.onnx", "spec.json"], "T1010: SPEC cannot be combined with an ONNX file"],
    [["model.onnx", "--map", "map.yaml"], "T1010: --map cannot be combined with an ONNX file"],
    [["weights.npz"], "T1010: import needs a spec besides the parameters"],
    [["none.onnx"], "none.onnx error T1001: cannot read the file"],
    [["two.onnx"], "two.onnx error T3005: the model has 2 outputs, but a spec is imported from one output"],
    [["huge.onnx"], /error T/],
    [["constant.onnx"], "the limit of the import is 134217728"],
    [["none.yaml"], "T1010: import needs a spec besides the parameters"],
    [["shape.onnx"], 'shape.onnx error T3005: the output "y" does not depend on the data'],
    [["empty.onnx"], /^empty\.onnx error T\d+: /],
    [["unknown.onnx"], 'T1901: the node "odd" (NonZero) uses an operator that is not supported'],
  ])("import %j is refused", async (words, said) => {
    const output = [valueInfo("y", ["batch", 3]), valueInfo("sum", ["batch", 3])];
    place.write("two.onnx", modelBytes({ ...dense, output }));
    place.write("huge.onnx", modelOf([40_000, 40_000], [node("Relu x -> y")]));
    // A tensor of one number is expanded to a constant of 1.6 GB.
    const expanded = [node("Expand one sizes -> w"), node("Add x w -> y")];
    const weights = [reals("one", [1], [1.5]), integers("sizes", [1, 200_000_000])];
    place.write("constant.onnx", modelOf([1], expanded, weights));
    place.write("shape.onnx", modelOf([2], [node("Shape x -> y")]));
    place.write("empty.onnx", modelOf([2], [node("LeakyRelu x -> y", { alpha: 0.2 })]));
    const odd = { name: "odd", opType: "NonZero", input: ["x"], output: ["y"] };
    place.write("unknown.onnx", modelBytes({ ...dense, node: [odd] }));
    expectRefusal(await place.run("import", ...words), said);
  });
});

describe("reasons why a node is no layer", () => {
  const last = (bytes: Uint8Array): string => {
    const { unrecognised } = recognise(sourceGraph(readModel(bytes)));
    return unrecognised[0]?.reason ?? "";
  };
  /** A convolution, which has channels first, and a node that reads it. */
  const afterConv = (text: string, attributes: Attributes, weights: Weights = []): Uint8Array =>
    modelOf([1, 5], [node("Conv x k -> c"), node(text, attributes)], [numbers("k", 1, 1, 1), ...weights]);
  const pool = (attributes: Attributes): Uint8Array =>
    afterConv("MaxPool c -> y", { kernel_shape: [2], ...attributes });
  const recurrent = (text: string, gates: number, attributes: Attributes = {}, directions = 1): Uint8Array =>
    modelOf(
      [4, 2],
      [turned, node(text, { hidden_size: 3, ...attributes })],
      recurrentWeights(gates, directions),
    );

  const isNot = "is not a part of a layer that is composed of several operators";
  /** A layer norm whose mean is the sum along an axis, divided by a number. */
  const normOf = (axis: number, count: number) =>
    modelOf(
      [3, 4],
      [
        node("ReduceSum x axis -> sum"),
        node("Div sum count -> mean"),
        node("Sub x mean -> centred"),
        node("Mul centred centred -> squares"),
        node("ReduceMean squares -> variance", { axes: [2] }),
        node("Add variance epsilon -> moved"),
        node("Sqrt moved -> deviation"),
        node("Div centred deviation -> normal"),
        node("Mul normal scale -> scaled"),
        node("Add scaled shift -> y"),
      ],
      [
        integers("axis", [axis]),
        reals("count", [], [count]),
        reals("epsilon", [], [1e-5]),
        numbers("scale", 4),
        numbers("shift", 4),
      ],
    );
  it("a composed layer norm is a layer", () => {
    const { unrecognised, drafts } = recognise(sourceGraph(readModel(normOf(2, 4))));
    expect(unrecognised).toEqual([]);
    expect(drafts.map(({ type, keys }) => [type, keys])).toEqual([["layer-norm", {}]]);
  });
  const composedButFor: readonly (readonly [difference: string, bytes: Uint8Array])[] = [
    ["a mean that divides by another number", normOf(2, 5)],
    ["reductions along different axes", normOf(1, 3)],
    [
      "a slope below 1",
      modelOf([2], [node("Less one x -> b"), node("Where b x one -> y")], [reals("one", [], [1])]),
    ],
  ];
  it.each(composedButFor)("a composed layer with %s", (_, bytes) => expect(last(bytes)).toBe(isNot));

  const cases: readonly (readonly [reason: string, bytes: Uint8Array])[] = [
    [
      "multiplies a transposed input",
      modelOf([1], [node("Gemm x w -> y", { transA: 1 })], [numbers("w", 3, 2)], 3),
    ],
    ["multiplies two values that depend on the data", modelOf([2, 2], [node("MatMul x x -> y")])],
    [
      "multiplies with a tensor that is not a matrix",
      modelOf([2, 2], [node("MatMul x w -> y")], [numbers("w", 1, 2, 3)]),
    ],
    [
      "has 3 spatial axes; there are layers for one and two",
      modelOf([1, 2, 2, 2], [node("MaxPool x -> y", { kernel_shape: [1, 1, 1] })]),
    ],
    ["rounds the size of the output up", pool({ ceil_mode: 1 })],
    ["has a dilation", pool({ dilations: [2] })],
    ["has more padding than half of its window", pool({ kernel_shape: [3], pads: [2, 2] })],
    ["has different padding at start and end", pool({ pads: [1, 0] })],
    [
      "adds an odd pixel of padding at the start",
      afterConv("Conv c w -> y", { auto_pad: "SAME_LOWER" }, [numbers("w", 1, 1, 2)]),
    ],
    [
      "removes different numbers of elements at start and end",
      afterConv("ConvTranspose c w -> y", { pads: [1, 0] }, [numbers("w", 1, 1, 2)]),
    ],
    [
      "determines its padding from the size of the output",
      afterConv("ConvTranspose c w -> y", { auto_pad: "SAME_UPPER" }, [numbers("w", 1, 1, 2)]),
    ],
    [
      "is along another axis than the last one of the layer",
      modelOf([2, 3, 4, 5], [node("Softmax x -> y", { axis: 1 })]),
    ],
    [
      "limits values to another range than relu6 and hard-tanh",
      modelOf([2], [node("Clip x a b -> y")], [reals("a", [], [0]), reals("b", [], [5])]),
    ],
    [
      "has another slope than the hard-sigmoid of PyTorch",
      modelOf([2], [node("HardSigmoid x -> y", { alpha: 0.25 })]),
    ],
    ["has other constants than selu", modelOf([2], [node("Selu x -> y", { alpha: 1.5 })])],
    [
      "has a slope for each element of more than one axis",
      modelOf([2, 3], [node("PRelu x w -> y")], [numbers("w", 2, 3)]),
    ],
    [
      "normalises more than the last axis of the layer",
      modelOf([2, 3], [node("LayerNormalization x w -> y", { axis: 1 })], [numbers("w", 2, 3)]),
    ],
    [
      "joins two values of different shapes",
      modelOf(
        [2, 2],
        [node("Softmax x -> a"), node("Transpose a -> b", { perm: [0, 2, 1] }), node("Add a b -> y")],
      ),
    ],
    [
      "adds a constant that is not one vector per position",
      modelOf([2, 3], [node("Add x w -> y")], [numbers("w", 1)]),
    ],
    ["has an input that is a constant", modelOf([2], [node("Mul x w -> y")], [numbers("w", 2)])],
    [
      "reduces other axes than all positions of the layer before it",
      modelOf([2, 3, 4], [node("ReduceMean x -> y", { axes: [2] })]),
    ],
    [
      "selects elements of a value",
      modelOf([2, 3], [node("Gather x i -> y", { axis: 1 })], [integers("i", [1], [])]),
    ],
    ["moves the batch to another axis", modelOf([4], [node("Reshape x s -> y")], [integers("s", [4, -1])])],
    [
      "flattens axes that have another order than those of the layer before it",
      modelOf([2, 3, 4], [node("Transpose x -> t", { perm: [0, 3, 2, 1] }), node("Flatten t -> y")]),
    ],
    // The pattern of an embedding knows the detail. The pattern after it, which is another form of Gather, does not.
    [
      "selects from a tensor that is not a table",
      modelBytes({
        name: "table",
        input: [valueInfo("x", ["batch", 5], DataType.INT64)],
        output: [valueInfo("y", ["batch"])],
        initializer: [numbers("t", 7, 2, 2)],
        node: [{ name: "look", opType: "Gather", input: ["t", "x"], output: ["y"] }],
      }),
    ],
    ["joins along an axis that no layer has", modelOf([2], [node("Concat x x -> y", { axis: 0 })])],
    [
      "joins values whose axes have different orders",
      modelOf([2, 2], [node("Transpose x -> t", { perm: [0, 2, 1] }), node("Concat x t -> y", { axis: 1 })]),
    ],
    [
      "does not pad with a constant",
      modelOf([1, 4], [node("Pad x p -> y", { mode: "edge" })], [integers("p", [0, 0, 1, 0, 0, 1])]),
    ],
    [
      "pads other axes than the positions of an image or sequence",
      modelOf([4], [node("Pad x p -> y")], [integers("p", [0, 1, 0, 1])]),
    ],
    [
      "applies the reset gate before the product, unlike PyTorch and the layer gru",
      recurrent("GRU t w r b -> a y", 3),
    ],
    ["returns the state of its cells", recurrent("LSTM t w r b -> a h y", 4)],
    [
      "reads a sequence whose axes have another order than those of the layer before it",
      modelOf([4, 2], [node("RNN x w r b -> a y", { hidden_size: 3 })], recurrentWeights(1)),
    ],
    [
      "does not join its two directions",
      recurrent("RNN t w r b -> a y", 1, { direction: "bidirectional" }, 2),
    ],
    [
      "selects another position than the last one",
      modelOf(
        [4, 2],
        [
          turned,
          node("RNN t w r b -> a", { hidden_size: 3 }),
          node("Squeeze a one -> s"),
          node("Gather s i -> y"),
        ],
        [...recurrentWeights(1), integers("one", [1]), integers("i", [1], [])],
      ),
    ],
  ];
  it.each(cases)("%s", (reason, bytes) => expect(last(bytes)).toBe(reason));
});
