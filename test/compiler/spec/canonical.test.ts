// The canonical tree of a spec. If a test fails, two ways to write the same model give different trees or
// different hashes.
import { describe, expect, it } from "vitest";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { baseSpec, specWith } from "./base-spec.ts";

const dense = { type: "dense", units: 3 };

it("makes everything explicit", () => {
  const model = parseModel(baseSpec());
  expect(model).toMatchObject({
    name: "small",
    inputs: { x: { shape: [4], dtype: "f32" } },
    targets: { y: { shape: [], classes: 3 } },
    network: [
      {
        index: 0,
        type: "dense",
        name: "dense1",
        from: ["x"],
        trainable: true,
        units: 5,
        activation: { type: "relu" },
        bias: true,
      },
      {
        index: 1,
        type: "dense",
        name: "dense2",
        from: ["dense1"],
        trainable: true,
        units: 3,
        activation: { type: "linear" },
      },
    ],
    output: "dense2",
    loss: { type: "cross-entropy", smoothing: 0 },
    metrics: [],
    regularization: { l1: 0, l2: 0 },
    optimizer: { type: "sgd", learningRate: { type: "constant", initial: 0.1 } },
    training: { epochs: 2, batchSize: 6, seed: 0, shuffle: true, stratify: true },
  });
  expect(model.specHash).toMatch(/^[0-9a-f]{64}$/);
});

it("counts all layers of a type for a default name, including named ones", () => {
  const network = [dense, { ...dense, name: "middle" }, "flatten", dense];
  expect(parseModel(specWith({ network })).network.map(({ name }) => name)).toEqual([
    "dense1",
    "middle",
    "flatten1",
    "dense3",
  ]);
});

it("resolves what each layer reads", () => {
  const network = [
    { ...dense, name: "a" },
    { ...dense, from: "x" },
    { type: "add", from: ["a", "dense2"] },
    dense,
  ];
  expect(parseModel(specWith({ network })).network.map(({ from }) => from)).toEqual([
    ["x"],
    ["x"],
    ["a", "dense2"],
    ["add1"],
  ]);
});

it("uses the optimizer's default learning rate if the spec has none", () => {
  expect(parseModel(specWith({ optimizer: "adamax" })).optimizer.learningRate).toEqual({
    type: "constant",
    initial: 0.002,
  });
});

it("does not stratify real targets by default", () => {
  expect(parseModel(specWith({ targets: { y: { shape: [3] } }, loss: "mse" })).training.stratify).toBe(false);
});

it("reads test rows from a separate file", () => {
  const data = {
    train: "a.csv",
    test: "b.csv",
    inputs: { x: { columns: ["p0..p3"], scale: "standard" } },
    targets: { y: { columns: ["k"] } },
  };
  expect(parseModel(specWith({ data })).data).toEqual({
    file: "a.csv",
    test: "b.csv",
    inputs: { x: { columns: ["p0..p3"], scale: "standard" } },
    targets: { y: { columns: ["k"] } },
  });
});

it("fills in early stopping", () => {
  const training = { epochs: 1, batchSize: 1, validation: { fraction: 0.2 }, earlyStopping: { patience: 3 } };
  expect(parseModel(specWith({ training })).training.earlyStopping).toEqual({
    patience: 3,
    metric: "loss",
    minDelta: 0,
  });
});

describe("the hash", () => {
  const hash = (changes: Record<string, unknown> = {}) => parseModel(specWith(changes)).specHash;

  it("is the same for short and long forms, for defaults written out, and for keys in another order", () => {
    expect(hash({ loss: { type: "cross-entropy" } })).toBe(hash());
    expect(hash({ loss: { smoothing: 0, type: "cross-entropy" } })).toBe(hash());
    expect(hash({ output: "dense2" })).toBe(hash());
    expect(hash({ optimizer: { learningRate: { initial: 0.1, type: "constant" }, type: "sgd" } })).toBe(
      hash(),
    );
    expect(parseModel(Object.fromEntries(Object.entries(baseSpec()).reverse())).specHash).toBe(hash());
    expect(hash({ $schema: "./spec.schema.json" })).toBe(hash());
  });

  it("differs where the model does", () => {
    const hashes = [
      hash(),
      hash({ name: "other" }),
      hash({ network: [dense] }),
      hash({ optimizer: { type: "sgd", learningRate: 0.2 } }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
