// Predictors, which contain the forward pass and the parameters. If a test fails, a shipped model predicts
// differently from its trainer, or contains code that only training needs.
import { check } from "prettier";
import { describe, expect, it } from "vitest";
import { withPrograms } from "../../../../src/compiler/emission.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { faultsOf, forbiddenIn } from "../../../support/code-faults.ts";
import { importedPredictor, shippedOf } from "../../../support/shipped.ts";
import { batchFor, specs } from "../../../support/specs.ts";

const shipped = (spec: ModelSpec, dtype: "f32" | "f64", fields?: object) =>
  shippedOf(
    parseModel(spec),
    dtype,
    [0, 1, 2].map((seed) => batchOf(spec, spec.training.batchSize ?? 1, seed)),
    fields,
  );

/**
 * Specs in addition to those that all tests share. Their layers compute differently in prediction than in
 * training, or loop over positions or time.
 */
const more: Readonly<Record<string, ModelSpec>> = {
  images: {
    ...specs.classifier,
    name: "images",
    inputs: { x: { shape: [6, 6, 2] } },
    network: [
      { type: "conv2d", filters: 3, kernel: 3, padding: "same", activation: "relu" },
      { type: "batch-norm" },
      { type: "max-pool2d", size: 2 },
      { type: "dropout", rate: 0.4 },
      { type: "residual", layers: [{ type: "conv2d", filters: 3, kernel: 3, padding: "same" }] },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  },
  sequences: {
    ...specs.classifier,
    name: "sequences",
    inputs: { x: { shape: [5, 3] } },
    network: [
      { type: "layer-norm" },
      { type: "lstm", units: 4, returnSequences: true },
      { type: "gru", units: 4 },
      { type: "dense", units: 3, trainable: false },
    ],
  },
  tokens: {
    ...specs.classifier,
    name: "tokens",
    inputs: { x: { shape: [4], dtype: "i32" } },
    network: [
      { type: "embedding", vocabulary: 7, units: 3 },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  },
  attention: {
    ...specs.classifier,
    name: "attention",
    inputs: { x: { shape: [5, 4] } },
    network: [
      { type: "position-embedding" },
      { type: "attention", heads: 2 },
      { type: "dropout", rate: 0.1 },
      { type: "flatten" },
      { type: "dense", units: 3, activation: "gelu" },
    ],
  },
};

/** A batch; inputs of indices get integers from 0 to 6. */
const batchOf = (spec: ModelSpec, rows: number, seed: number) =>
  Object.fromEntries(
    Object.entries(batchFor(spec, rows, seed)).map(([name, values]) =>
      spec.inputs[name]?.dtype === "i32"
        ? [name, values.map((value) => Math.floor((value + 2) * 1.75))]
        : [name, values],
    ),
  );

const inputsOf = (spec: ModelSpec, rows: number, seed: number) => {
  const batch = batchOf(spec, rows, seed);
  return Object.fromEntries(Object.keys(spec.inputs).map((name) => [name, batch[name]]));
};

/** The rows `from` to `to` of a batch of `rows` rows. */
const rowsOf = (
  inputs: Readonly<Record<string, readonly number[]>>,
  from: number,
  to: number,
  rows: number,
) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => {
      const size = values.length / rows;
      return [name, values.slice(from * size, to * size)];
    }),
  );

describe.each(Object.entries({ ...specs, ...more }))("%s", (_, spec) => {
  it.each(["f32", "f64"] as const)(
    "%s: predicts bit-identically to the trainer, for any number of rows",
    async (dtype) => {
      const { trainer, predictor } = await shipped(spec, dtype);
      const { batchSize = 1 } = spec.training;
      const rows = 2 * batchSize + 1;
      const inputs = inputsOf(spec, rows, 5);
      const expected = [0, batchSize, 2 * batchSize].flatMap((start) => [
        ...trainer.predict(rowsOf(inputs, start, Math.min(rows, start + batchSize), rows)),
      ]);
      expect(expected.some((value) => value !== 0)).toBe(true);
      const predicted = predictor.predict(inputs);
      expect(predicted).toBeInstanceOf(dtype === "f32" ? Float32Array : Float64Array);
      expect([...predicted]).toEqual(expected);
    },
  );

  it("is strict, formatted, without casts or imports, and the same every time", async () => {
    const { code, emit } = await shipped(spec, "f32");
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
    expect(await check(code, { parser: "typescript", printWidth: 110 })).toBe(true);
    expect((await emit()).text).toBe(code);
  });

  it("contains neither code nor memory for training", async () => {
    const { compilation, code } = await shipped(spec, "f32");
    expect(code).not.toMatch(/createTrainer|runEpochs|encodeCheckpoint|optimizer_|totals|randomKey|shuffle/);
    const { programs, plan } = withPrograms(compilation, ["predict"]);
    expect(programs.map(({ name }) => name)).toEqual(["predict"]);
    const regions = new Set([...plan.storage.values()].map(({ buffer }) => buffer.region));
    expect([...regions].filter((region) => !["parameter", "input", "result"].includes(region))).toEqual([]);
    expect(plan.bytes).toBeLessThan(compilation.plan.bytes);
  });
});

describe("parameters", () => {
  const wide = (units: number): ModelSpec => ({
    ...specs.classifier,
    network: [
      { type: "dense", units, activation: "relu" },
      { type: "dense", units: 3 },
    ],
  });
  it("of a small model can be read and changed by hand", async () => {
    const { code, trainer } = await shipped(wide(2), "f32");
    const [, bias] = /"dense2.bias": \[(.*?)\]/s.exec(code) ?? [];
    expect(bias?.split(",").map((text) => Math.fround(Number(text)))).toEqual([
      ...trainer.parameters["dense2.bias"],
    ]);
    expect(code).not.toContain("atob");
  });
  it.each(["f32", "f64"] as const)("%s: of a larger model are base64 with the same bits", async (dtype) => {
    const { code, predictor, trainer } = await shipped(wide(200), dtype);
    expect(code).toContain("atob");
    const inputs = inputsOf(wide(200), 6, 1);
    expect([...predictor.predict(inputs)]).toEqual([...trainer.predict(inputs)]);
  });
  it("belong to one predictor: two predictors do not affect each other", async () => {
    const { code } = await shipped(specs.classifier, "f32");
    const { createPredictor } = await importedPredictor(code);
    const [one, other] = [createPredictor(), createPredictor()];
    const inputs = inputsOf(specs.classifier, 6, 1);
    const before = one.predict(inputs);
    other.predict(inputsOf(specs.classifier, 6, 2));
    expect([...one.predict(inputs)]).toEqual([...before]);
  });
});

describe("invalid inputs", () => {
  it("are rejected by name, and no target is required", async () => {
    const { predictor } = await shipped(specs.classifier, "f32");
    expect(() => predictor.predict({})).toThrow("x must be an array of numbers, got undefined");
    expect(() => predictor.predict({ x: [1, 2, 3] })).toThrow(
      "x has 3 values, not a multiple of the row size 4",
    );
    expect(() => predictor.predict({ x: [1, 2, 3, NaN] })).toThrow("x, row 0: NaN is not a finite number");
    expect(() => predictor.predict({ x: [1, 2, 3, 4], z: [1] })).toThrow('the batch: unknown key "z"');
  });
});

describe("rows in the form of a data file", () => {
  const spec: ModelSpec = {
    ...specs.classifier,
    data: {
      file: "some.csv",
      inputs: { x: { columns: ["a..d"], scale: "standard" } },
      targets: { y: { columns: ["kind"] } },
    },
  };
  const fields = [
    { name: "x", columns: ["a", "b", "c", "d"], scales: [1, 2, 3, 4].map((shift) => ({ shift, span: 2 })) },
    { name: "y", columns: ["kind"], classNames: ["ant", "bee", "cat"] },
  ];

  it("are scaled as in training, and the predictions have class names", async () => {
    const { code, predictor, trainer } = await shipped(spec, "f32", fields);
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
    expect(await check(code, { parser: "typescript", printWidth: 110 })).toBe(true);
    const [row] = predictor.predictRows([{ d: 4, note: "x", c: "3", a: 3, b: 2 }]);
    const logits = [...trainer.predict({ x: [1, 0, 0, 0] })];
    expect(row.kind).toBe(["ant", "bee", "cat"][logits.indexOf(Math.max(...logits))]);
    const sum = logits.reduce((all, logit) => all + Math.exp(logit), 0);
    expect(row.kind_bee).toBeCloseTo(Math.exp(logits[1]) / sum, 6);
    expect(Object.keys(row)).toEqual(["kind", "kind_ant", "kind_bee", "kind_cat"]);
    expect([...predictor.predict({ x: [1, 0, 0, 0] })]).toEqual(logits);
  });

  it("are rejected by column if they are invalid", async () => {
    const { predictor } = await shipped(spec, "f32", fields);
    const good = { a: 1, b: 1, c: 1, d: 1 };
    expect(() => predictor.predictRows([])).toThrow("there are no rows");
    // JavaScript code may pass any value, because no type prevents it.
    expect(() => Reflect.apply(predictor.predictRows, undefined, [good])).toThrow("there are no rows");
    expect(() => predictor.predictRows([good, { ...good, c: "much" }])).toThrow(
      'row 1: column "c": "much" is not a number',
    );
    expect(() => predictor.predictRows([good, { a: 1, b: 1, c: 1 }])).toThrow('row 1: column "d": ');
    expect(() => predictor.predictRows([{ a: 1, b: 1, c: 1 }])).toThrow('the rows: x needs the column "d"');
  });

  it("are supported only if the checkpoint has the preprocessing of its data", async () => {
    const { code, predictor } = await shipped(spec, "f32");
    expect(code).not.toContain("predictRows");
    expect(predictor.predictRows).toBeUndefined();
  });
});
