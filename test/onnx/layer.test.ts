// The layer `onnx`: the graph of a file inside a spec. If a test fails, the layer computes something else than the
// file, trains what is frozen, loses the values of the file, or accepts a spec that does not fit the file.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, search, train } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { givenModelFiles } from "../../src/compiler/spec/model-files.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { AttributeType, DataType, dense, modelBytes, reals, valueInfo } from "./make-model.ts";

type Graph = Parameters<typeof modelBytes>[0];
type Changes = Readonly<Record<string, unknown>>;

const integers = (name: string, values: readonly number[]) => ({
  name,
  dims: [BigInt(values.length)],
  dataType: DataType.INT64,
  int64Data: values.map(BigInt),
});

const graph = (node: Graph["node"], initializer: Graph["initializer"] = [], width = 2): Graph => ({
  name: "graph",
  input: [valueInfo("x", ["batch", width])],
  output: [valueInfo("y", ["batch", width])],
  initializer,
  node,
});

/** A spec whose first layer is the graph of `body.onnx`, with a dense layer after it. */
const specWith = (layer: Changes = {}, changes: Changes = {}) => ({
  name: "tuned",
  inputs: { row: { shape: [2] } },
  targets: { answer: { shape: [1] } },
  network: [
    { type: "onnx", name: "body", file: "body.onnx", ...layer },
    { type: "dense", name: "head", units: 1 },
  ],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 2, batchSize: 4, seed: 3 },
  ...changes,
});

const modelOf = (spec: unknown, bytes: Uint8Array) =>
  parseModel(spec, givenModelFiles({ "body.onnx": bytes }));

async function trainerOf(
  spec: object,
  bytes: Uint8Array,
  options: { readonly target?: "ts" | "wasm"; readonly dtype?: "f32" | "f64" } = {},
) {
  const { code } = await compile(spec as ModelSpec, { ...options, files: { "body.onnx": bytes } });
  const { createTrainer, model } = await loadTrainer(code);
  return { trainer: createTrainer(), model, code };
}

const batch = { row: [1, 2, -1, 0.5, 0, 0, 3, -2], answer: [1, 0, 2, 1] };

describe("computes what the file computes", () => {
  it.each([
    ["ts", "f64"],
    ["ts", "f32"],
    ["wasm", "f32"],
  ] as const)("with the values of the file, on the target %s in %s", async (target, dtype) => {
    const { trainer } = await trainerOf(specWith(), modelBytes(dense), { target, dtype });
    expect([...trainer.parameters["body.w"]]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...trainer.parameters["body.b"]]).toEqual([0.5, 0, -0.5]);
    trainer.parameters["head.weight"].set([1, 10, 100]);
    trainer.parameters["head.bias"].set([0]);
    // relu([1, 2] · w + b) = [9.5, 12, 14.5], and relu([-1, 0.5] · w + b) = [1.5, 0.5, 0].
    const predicted = trainer.predict({ row: [1, 2, -1, 0.5] });
    expect(predicted[0]).toBeCloseTo(9.5 + 120 + 1450, 3);
    expect(predicted[1]).toBeCloseTo(1.5 + 5, 3);
  });

  it("every trainer starts with these values, whatever its seed", async () => {
    const { code } = await compile(specWith() as ModelSpec, { files: { "body.onnx": modelBytes(dense) } });
    const { createTrainer } = await loadTrainer(code);
    const trainer = createTrainer({ seed: 1 });
    trainer.step(batch);
    expect([...trainer.parameters["body.w"]]).not.toEqual([1, 2, 3, 4, 5, 6]);
    expect([...createTrainer({ seed: 2 }).parameters["body.w"]]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("layers that read the same file have their own parameters", async () => {
    const network = [
      { type: "onnx", file: "body.onnx" },
      { type: "onnx", file: "body.onnx", from: "row", trainable: false },
      { type: "concat", from: ["onnx1", "onnx2"] },
      { type: "dense", units: 1 },
    ];
    const { trainer, model } = await trainerOf(specWith({}, { network }), modelBytes(dense));
    trainer.step(batch);
    expect([...trainer.parameters["onnx2.w"]]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...trainer.parameters["onnx1.w"]]).not.toEqual([1, 2, 3, 4, 5, 6]);
    expect(model.parameters.map(({ name }) => name)).toContain("onnx2.b");
  });

  it("copies in a block are separate, too", async () => {
    const square = modelBytes(
      graph([{ opType: "MatMul", input: ["x", "w"], output: ["y"] }], [reals("w", [2, 2], [1, 2, 3, 4])]),
    );
    const network = [
      { type: "repeat", name: "deep", times: 2, layers: [{ type: "onnx", name: "body", file: "body.onnx" }] },
      { type: "dense", units: 1 },
    ];
    const { model } = await trainerOf(specWith({}, { network }), square);
    const names = model.parameters.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["deep.1.body.w", "deep.2.body.w"]);
  });
});

describe("trains what the spec says", () => {
  const trainable = async (layer: Changes, bytes = modelBytes(dense)) => {
    const { model } = await trainerOf(specWith(layer), bytes);
    return model.parameters.flatMap(({ name, trainable }) =>
      trainable && name.startsWith("body.") ? [name] : [],
    );
  };

  it("all weights by default, none if frozen, or those that a pattern names", async () => {
    expect(await trainable({})).toEqual(["body.w", "body.b"]);
    expect(await trainable({ trainable: false })).toEqual([]);
    expect(await trainable({ trainable: ["b"] })).toEqual(["body.b"]);
    expect(await trainable({ trainable: ["*"] })).toEqual(["body.w", "body.b"]);
  });

  it("a frozen body has no gradients, no optimizer states and no backward kernels, and keeps its bits", async () => {
    const { trainer, code } = await trainerOf(specWith({ trainable: false }), modelBytes(dense));
    for (let i = 0; i < 5; i++) trainer.step(batch);
    expect(Object.keys(trainer.gradients)).toEqual(["head.weight", "head.bias"]);
    expect([...trainer.parameters["body.w"]]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(code).not.toMatch(/function body_backward/);
  });

  it("a block that is frozen freezes the layer inside it", () => {
    const layers = [{ type: "onnx", name: "body", file: "body.onnx", trainable: ["w"] }];
    const network = [{ type: "repeat", times: 1, layers, trainable: false }, specWith().network[1]];
    const { network: flat } = modelOf(specWith({}, { network }), modelBytes(dense));
    expect(flat[0].trainable).toBe(false);
  });

  const normalised = modelBytes(
    graph(
      [{ opType: "BatchNormalization", input: ["x", "gamma", "beta", "mean", "variance"], output: ["y"] }],
      [
        reals("gamma", [2], [2, 2]),
        reals("beta", [2], [1, 1]),
        reals("mean", [2], [1, 0]),
        reals("variance", [2], [4, 1]),
      ],
    ),
  );

  it("means and variances of batch normalisation are used, but never trained", async () => {
    expect(await trainable({}, normalised)).toEqual(["body.gamma", "body.beta"]);
    const { trainer } = await trainerOf(specWith(), normalised, { dtype: "f64" });
    trainer.parameters["head.weight"].set([1, 0]);
    trainer.parameters["head.bias"].set([0]);
    // (3 − 1) / √(4 + ε) · 2 + 1 = 3 in training and in evaluation
    expect(trainer.predict({ row: [3, 0] })[0]).toBeCloseTo(3, 4);
    trainer.step(batch);
    expect([...trainer.parameters["body.mean"]]).toEqual([1, 0]);
  });

  it("scalars, integers, masks and lists of sizes are constants", async () => {
    const bytes = modelBytes({
      ...graph(
        [
          { name: "double", opType: "Mul", input: ["x", "two"], output: ["a"] },
          { name: "mask", opType: "Add", input: ["a", "mask"], output: ["b"] },
          { name: "bounded", opType: "Max", input: ["b", "low"], output: ["c"] },
          { name: "swap", opType: "Gather", input: ["c", "order"], output: ["d"], attribute: [axis(1)] },
          { name: "bias", opType: "Add", input: ["d", "bias"], output: ["y"] },
        ],
        [
          reals("two", [], [2]),
          reals("mask", [2], [0, -Infinity]),
          reals("low", [], [-9]),
          integers("order", [1, 0]),
          reals("bias", [2], [1, 1]),
          reals("unread", [2], [1, 1]),
        ],
      ),
    });
    const { trainer, model } = await trainerOf(specWith(), bytes, { dtype: "f64" });
    expect(model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name)).toEqual([
      "body.bias",
      "head.weight",
      "head.bias",
    ]);
    trainer.parameters["head.weight"].set([1, 10]);
    trainer.parameters["head.bias"].set([0]);
    // x = [3, 5]: doubled [6, 10], masked [6, −∞], bounded [6, −9], swapped [−9, 6], and 1 added
    expect(trainer.predict({ row: [3, 5] })[0]).toBe(-8 + 70);
  });
});

const axis = (value: number) => ({ name: "axis", type: AttributeType.INT, i: BigInt(value) });

/** x → gemm → relu → second (an operator that is not supported) → y */
const tower = modelBytes({
  ...dense,
  node: [
    { name: "/fc/Gemm", opType: "Gemm", input: ["x", "w", "b"], output: ["/fc/Gemm_output_0"] },
    { name: "/act/Relu", opType: "Relu", input: ["/fc/Gemm_output_0"], output: ["/act/Relu_output_0"] },
    { name: "odd", opType: "Unheard", input: ["/act/Relu_output_0"], output: ["o"] },
    { name: "strange", opType: "Unseen", input: ["/act/Relu_output_0"], output: ["s"] },
    { name: "sum", opType: "Add", input: ["o", "s"], output: ["y"] },
  ],
});

describe("cuts the graph", () => {
  const first = (layer: Changes, changes: Changes = {}) =>
    modelOf(specWith(layer, changes), tower).network[0];

  it("at a value, or at the node that computes it", () => {
    expect(first({ until: "/act/Relu_output_0" })).toMatchObject({ until: "/act/Relu_output_0" });
    expect(first({ until: "/act/Relu" })).toMatchObject({ until: "/act/Relu_output_0" });
  });

  it("from a value: a name of the spec is what the layer reads, and any other name is a value of the file", () => {
    const network = [
      { type: "dense", name: "w", units: 3 },
      { type: "onnx", name: "body", file: "body.onnx", from: ["w", "/fc/Gemm"], until: "/act/Relu" },
      { type: "dense", name: "head", units: 1 },
    ];
    const [, layer] = modelOf(specWith({}, { network }), tower).network;
    expect(layer).toMatchObject({ from: ["w"], start: "/fc/Gemm_output_0", until: "/act/Relu_output_0" });
    const alone = first({ from: "/fc/Gemm", until: "/act/Relu" });
    expect(alone).toMatchObject({ from: ["row"], start: "/fc/Gemm_output_0" });
  });

  it("and builds only the part between them", async () => {
    const network = [
      { type: "dense", name: "wide", units: 3, init: "ones" },
      { type: "onnx", name: "body", file: "body.onnx", from: "/fc/Gemm", until: "/act/Relu" },
      { type: "dense", name: "head", units: 1, init: "ones" },
    ];
    const { trainer, model } = await trainerOf(specWith({}, { network }), tower);
    expect(model.parameters.map(({ name }) => name)).not.toContain("body.w");
    expect([...trainer.predict({ row: [1, 2, -3, 1] })]).toEqual([9, 0]);
  });
});

const twoOutputs = modelBytes({
  ...dense,
  output: [...(dense.output ?? []), valueInfo("sum", ["batch", 3])],
});
const turned = modelBytes(graph([{ opType: "Transpose", input: ["x"], output: ["y"] }]));
const indices = modelBytes({
  ...graph(
    [{ opType: "Gather", input: ["table", "x"], output: ["y"] }],
    [reals("table", [9, 1], Array(9).fill(1))],
  ),
  input: [valueInfo("x", ["batch", 2], DataType.INT64)],
});
const images = modelBytes({
  ...graph([{ opType: "Relu", input: ["x"], output: ["y"] }]),
  input: [valueInfo("x", ["batch", 1, 4, 6])],
});

const messages: readonly (readonly [string, Changes, Uint8Array, readonly (string | RegExp)[]])[] = [
  [
    "a value that the file does not have",
    { until: "/act/Rely" },
    tower,
    ['T1303 network[0].until: the file has no value "/act/Rely" → did you mean "/act/Relu"?'],
  ],
  [
    "a name that is neither in the spec nor in the file",
    { from: "/fc/Gem", until: "/act/Relu" },
    tower,
    ['T1303 network[0].from: unknown input or layer "/fc/Gem" → did you mean "/fc/Gemm"?'],
  ],
  [
    "an end that does not depend on the begin",
    { from: "/act/Relu", until: "/fc/Gemm" },
    tower,
    [
      /T3005 network\[0\]: the value "\/fc\/Gemm_output_0" does not depend on the value "\/act\/Relu_output_0"/,
    ],
  ],
  [
    "all nodes that are not supported",
    {},
    tower,
    [
      'T1901 network[0]: the node "odd" (Unheard) uses an operator that is not supported',
      'T1901 network[0]: the node "strange" (Unseen) uses an operator that is not supported',
    ],
  ],
  [
    "a file that is not a model",
    {},
    new TextEncoder().encode("spec"),
    [/T3005 network\[0\]\.file: the file is not/],
  ],
  ["several outputs", {}, twoOutputs, [/T3005 .*the file has 2 outputs \(y, sum\).*name it with "until"/]],
  [
    "a pattern that matches nothing",
    { trainable: ["w", "c"] },
    modelBytes(dense),
    [
      /T1303 network\[0\]: body: no trainable parameter of the layer has the name "c" → did you mean "[wb]"\?/,
    ],
  ],
  [
    "real numbers in place of indices",
    {},
    indices,
    [/T1308 .*has integer elements, but row has real ones → declare "dtype": "i32" in inputs\.row/],
  ],
  [
    "another shape",
    {},
    modelBytes({ ...dense, input: [valueInfo("x", ["batch", 3])] }),
    [
      'T1308 network[0]: body: the input "x" of body.onnx has the shape [batch, 3], but row has the shape [n, 2]',
    ],
  ],
  ["an output without the batch", {}, turned, [/T1308 .*whose first axis is not the batch → .*dynamic_axes/]],
  [
    "a weight that f32 cannot represent",
    {},
    modelBytes(
      graph(
        [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
        [{ name: "w", dims: [2n], dataType: DataType.DOUBLE, doubleData: [1e300, 1] }],
      ),
    ),
    [/T1313 .*"w" of body\.onnx has numbers that are too large for f32/],
  ],
  [
    "data in another file",
    {},
    modelBytes(
      graph(
        [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
        [
          {
            ...reals("w", [2], []),
            dataLocation: 1,
            externalData: [{ key: "location", value: "/etc/passwd" }],
          },
        ],
      ),
    ),
    [/T3005 .*"w" has its data in another file/],
  ],
  [
    "an operator of training",
    {},
    modelBytes(
      graph([
        {
          name: "slope",
          opType: "Gradient",
          domain: "ai.onnx.preview.training",
          input: ["x"],
          output: ["y"],
          attribute: [
            { name: "xs", type: AttributeType.STRINGS, strings: [new TextEncoder().encode("x")] },
            { name: "y", type: AttributeType.STRING, s: new TextEncoder().encode("x") },
          ],
        },
      ]),
    ),
    [/T1901 .*"slope" \(Gradient\) derives a gradient, which is not supported inside a network/],
  ],
];

const diagnosticsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(
      ({ code, message, hint }) => `${code} ${message}${hint === undefined ? "" : ` → ${hint}`}`,
    );
  }
  return [];
};

describe("reports", () => {
  it.each(messages)("%s", async (_, layer, bytes, expected) => {
    const files = { "body.onnx": bytes };
    const found = await diagnosticsOf(() => compile(specWith(layer) as ModelSpec, { files }));
    expect(found).toEqual(
      expected.map((text): unknown => (typeof text === "string" ? text : expect.stringMatching(text))),
    );
  });

  it.each([
    [
      [4, 6, 1],
      "ONNX images have their channels first: store each row channel by channel, in the shape [1, 4, 6]",
    ],
    [[24], 'insert { "type": "reshape", "shape": [1, 4, 6] } before it'],
  ])("an image of the shape %j, with a hint", async (shape, hint) => {
    const spec = specWith({}, { inputs: { row: { shape } } });
    const found = await diagnosticsOf(() => compile(spec as ModelSpec, { files: { "body.onnx": images } }));
    expect(found[0]).toContain(`→ ${hint}`);
  });

  it("a file whose bytes are not passed, and files that are not bytes", async () => {
    expect(await diagnosticsOf(() => compile(specWith() as ModelSpec))).toEqual([
      'T1001 network[0].file: the content of "body.onnx" is missing → pass its bytes: files: { "body.onnx": bytes }',
    ]);
    const files = { "body.onnx": "text" } as unknown as Record<string, Uint8Array>;
    expect(await diagnosticsOf(() => compile(specWith() as ModelSpec, { files }))).toEqual([
      expect.stringMatching(/^T1010 files must contain the bytes of each file, got "text" for "body\.onnx"/),
    ]);
  });
});

it("names of a file stay names: they become neither code nor members of every object", async () => {
  const names = [
    "__proto__",
    "constructor",
    'a"]; process.exit(7); //',
    "*/\n`${x}`",
    "ключ",
    "a.b",
    "a/b",
    "a_b",
  ];
  const bytes = modelBytes(
    graph(
      names.map((name, i) => ({
        name: `*/ ${name}`,
        opType: "Add",
        input: [i === 0 ? "x" : `v${i}`, name],
        output: [i === names.length - 1 ? "y" : `v${i + 1}`],
      })),
      names.map((name) => reals(name, [2], [1, 1])),
    ),
  );
  const { trainer, model } = await trainerOf(specWith(), bytes);
  expect(model.parameters.map(({ name }) => name).slice(0, names.length)).toEqual([
    "body.proto__",
    "body.constructor",
    "body.a_process.exit_7_",
    "body.x_",
    "body.value",
    "body.a.b",
    "body.a_b",
    "body.a_b_2",
  ]);
  trainer.parameters["head.weight"].set([1, 0]);
  trainer.parameters["head.bias"].set([0]);
  expect(trainer.predict({ row: [1, 0] })[0]).toBe(1 + names.length);
});

it("the hash of a model covers the bytes of its file", () => {
  const [one, same, other] = [
    dense,
    dense,
    { ...dense, initializer: [reals("w", [2, 3], [0, 2, 3, 4, 5, 6]), reals("b", [3], [0, 0, 0])] },
  ].map((file) => modelOf(specWith(), modelBytes(file)).specHash);
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

describe("files next to the spec", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tapeless-onnx-"));
    writeFileSync(join(folder, "body.onnx"), modelBytes(dense));
    writeFileSync(join(folder, "spec.json"), JSON.stringify(specWith(), null, 2));
    writeFileSync(join(folder, "lost.json"), JSON.stringify(specWith({ file: "none.onnx" }), null, 2));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are read with the spec, and an error has the location of their name", async () => {
    expect((await readSpec(join(folder, "spec.json"))).model.modelFiles?.size).toBe(1);
    await expect(readSpec(join(folder, "lost.json"))).rejects.toMatchObject({
      diagnostics: [
        {
          code: "T1001",
          message: 'network[0].file: cannot read "none.onnx": no such file or folder',
          location: { line: 21 },
        },
      ],
    });
  });

  const rows = Array.from({ length: 12 }, (_, i) => ({ a: i % 3, b: (i * 5) % 7, c: i % 4 }));
  const data = {
    file: "rows.csv",
    inputs: { row: { columns: ["a", "b"] } },
    targets: { answer: { columns: ["c"] } },
  };
  const slow = { optimizer: { type: "sgd", learningRate: 1e-4 }, data };

  it("`search` passes them to its threads, also those that only a candidate names", async () => {
    const other = modelBytes({
      ...dense,
      initializer: [reals("w", [2, 3], [1, 1, 1, 1, 1, 1]), reals("b", [3], [0, 0, 0])],
    });
    const over = { "network[0].file": ["body.onnx", "other.onnx"] };
    const training = { epochs: 1, batchSize: 4, validation: { fraction: 0.5 }, search: { over } };
    const spec = specWith({ trainable: false }, { ...slow, training }) as ModelSpec;
    const files = { "body.onnx": modelBytes(dense), "other.onnx": other };
    const { candidates } = await search(spec, { data: rows, files, threads: 1 });
    expect(candidates).toHaveLength(2);
    const alone = await diagnosticsOf(() => search(spec, { data: rows, folder, threads: 1 }));
    expect(alone).toEqual([
      expect.stringMatching(/T1001 network\[0\]\.file: cannot read "other\.onnx": no such file or folder/),
    ]);
  });

  it("`train` takes them from a folder or as bytes, and starts each fold from their values", async () => {
    const training = { epochs: 1, batchSize: 4, validation: { folds: 2 } };
    const spec = specWith({ trainable: false }, { ...slow, training }) as ModelSpec;
    const ofFolder = await train(spec, { data: rows, folder });
    const ofBytes = await train(spec, { data: rows, files: { "body.onnx": modelBytes(dense) } });
    expect(ofBytes.checkpoint).toEqual(ofFolder.checkpoint);
    expect([...ofBytes.trainer.parameters["body.w"]]).toEqual([1, 2, 3, 4, 5, 6]);
    const other = modelBytes({
      ...dense,
      initializer: [reals("w", [2, 3], [1, 1, 1, 1, 1, 1]), reals("b", [3], [0, 0, 0])],
    });
    const resume = ofBytes.checkpoint;
    await expect(train(spec, { data: rows, files: { "body.onnx": other }, resume })).rejects.toMatchObject({
      diagnostics: [{ code: "T3001" }],
    });
    await expect(train(spec, { data: rows })).rejects.toThrow("pass its bytes in `files`, or the `folder`");
    await expect(train(join(folder, "spec.json"), { data: rows, files: {} })).rejects.toThrow(
      "`files` needs a spec that is an object",
    );
  });
});
