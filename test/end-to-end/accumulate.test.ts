// Gradient accumulation: a step of k batches of b rows must equal a step of one batch of k · b rows, for
// every loss and optimizer. If a test fails, accumulation changes what a model learns.
import { expect, test } from "vitest";
import { optimizers } from "../../src/compiler/library/optimizers/index.ts";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { verifyModel } from "../../src/command/verify/verify-model.ts";
import { emittedModule } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";
import type { Rows } from "../support/specs.ts";

const groupOf = 3;
const rows = 4;

/** The spec with one large batch per step, and with several small ones. */
const bothOf = (spec: ModelSpec, more: Partial<ModelSpec["training"]> = {}): [ModelSpec, ModelSpec] => [
  { ...spec, training: { ...spec.training, ...more, batchSize: groupOf * rows } },
  { ...spec, training: { ...spec.training, ...more, batchSize: rows, accumulate: groupOf } },
];

/**
 * The losses and parameters after training on 30 rows: groups of 12, 12 and 6 rows, the last with a short
 * batch.
 */
async function trained(spec: ModelSpec, data: Rows): Promise<number[]> {
  const trainer = (await emittedModule(spec, { dtype: "f64" })).createTrainer();
  const { epochs } = trainer.fit(data, { epochs: 2 });
  return [
    ...epochs.map(({ loss }) => loss),
    ...Object.values(trainer.parameters).flatMap((view) => [...view]),
  ];
}

async function expectEqual([large, small]: [ModelSpec, ModelSpec], data: Rows): Promise<void> {
  const [expected, actual] = await Promise.all([trained(large, data), trained(small, data)]);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
}

const small: ModelSpec = {
  ...specs.classifier,
  network: [
    { type: "dense", units: 4, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  regularization: { l1: 0.001, l2: 0.01 },
};

const kinds = Object.keys(optimizers).filter(
  (type): type is Exclude<keyof typeof optimizers, "formula"> => type !== "formula",
);

test.each(kinds)("equals one large batch with %s", async (type) => {
  const spec: ModelSpec = { ...small, optimizer: type };
  await expectEqual(bothOf(spec), batchFor(spec, 30, 1));
});

const withLoss = (loss: ModelSpec["loss"], more: Partial<ModelSpec> = {}): ModelSpec => ({
  ...specs.regression,
  network: [
    { type: "dense", units: 3, activation: "tanh" },
    { type: "dense", units: 2 },
  ],
  loss,
  ...more,
});

test.each([
  withLoss("rmse"),
  withLoss({ formula: "sqrt(mean((prediction - t)^2)) * mean(abs(prediction)) + sum(prediction^2) / 99" }),
  withLoss((g, { prediction, target, mean }) =>
    g.sqrt(mean(g.multiply(g.subtract(prediction, target), g.subtract(prediction, target)))),
  ),
  { ...specs.formulas, inputs: { x: { shape: [4] }, process: { shape: [] } } },
  specs.perceptron,
])("%#: equals one large batch with losses that are not means, and formulas", async (spec) => {
  await expectEqual(bothOf(spec), batchFor(spec, 30, 2));
});

test("equals one large batch with ignored targets, class weights and sample weights", async () => {
  const spec: ModelSpec = {
    ...small,
    inputs: { x: { shape: [4] }, w: { shape: [] } },
    network: [{ type: "dense", from: "x", units: 3 }],
  };
  const data = batchFor(spec, 30, 3);
  data["y"] = data["y"].map((label, row) => (row % 3 === 0 ? -1 : label));
  data["w"] = data["w"].map(Math.abs);
  await expectEqual(bothOf(spec, { classWeights: [1, 2, 3], sampleWeights: "w" }), data);
  await expectEqual(bothOf(spec, { classWeights: "balanced" }), data);
});

test("equals one large batch with averaged parameters and a learning rate that scales with the rows", async () => {
  const learningRate = { type: "constant", initial: 0.01, scaleFrom: 4 } as const;
  const spec: ModelSpec = { ...small, optimizer: { type: "adam", learningRate } };
  await expectEqual(bothOf(spec, { average: { decay: 0.7 } }), batchFor(spec, 30, 4));
});

test("running statistics are updated by every batch, and schedules count updates", async () => {
  const spec: ModelSpec = {
    ...specs.regression,
    network: [
      { type: "batch-norm", momentum: 0.5 },
      { type: "dense", units: 2 },
    ],
    optimizer: { type: "sgd", learningRate: { type: "step", initial: 0.5, every: 1, factor: 0.5 } },
    training: { epochs: 1, batchSize: 2, accumulate: 2, shuffle: false },
  };
  const trainer = (await emittedModule(spec, { dtype: "f64" })).createTrainer();
  const x = [1, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0];
  const { epochs } = trainer.fit({ x, t: [0, 0, 0, 0, 0, 0, 0, 0] }, { epochs: 2 });
  // The means of the batches are 2 and 5, twice; with momentum 0.5: 0 → 1 → 3 → 2.5 → 3.75.
  expect(trainer.parameters["batch-norm1.mean"][0]).toBeCloseTo(3.75, 14);
  expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0.5, 0.25]);
});

test("each batch of a group has another dropout mask", async () => {
  const spec: ModelSpec = {
    ...specs.tiny,
    network: [
      { type: "dropout", rate: 0.5 },
      { type: "dense", units: 1 },
    ],
    optimizer: { type: "sgd", learningRate: 1e-9 },
    training: { epochs: 1, batchSize: 1, accumulate: 16, shuffle: false },
  };
  const trainer = (await emittedModule(spec, { dtype: "f64" })).createTrainer();
  trainer.parameters["dense1.weight"].set([1]);
  const [{ loss }] = trainer.fit({ x: Array(16).fill(1), t: Array(16).fill(0) }).epochs;
  // If the masks were equal, the loss would be 0 or 4: the square of 0, or of twice the input.
  expect(loss).toBeGreaterThan(0.2);
  expect(loss).toBeLessThan(3.8);
});

test("step() and gradient() use only the batch that they are given", async () => {
  const [, spec] = bothOf(withLoss("rmse"));
  const [grouped, plain] = await Promise.all(
    [spec, { ...spec, training: { ...spec.training, accumulate: 1 } }].map(async (each) =>
      (await emittedModule(each, { dtype: "f64" })).createTrainer({ seed: 5 }),
    ),
  );
  for (let step = 0; step < 3; step++) {
    const batch = batchFor(spec, 4 - step, step);
    expect(grouped.gradient(batch)).toBeCloseTo(plain.gradient(batch), 13);
    expect(grouped.step(batch)).toBeCloseTo(plain.step(batch), 13);
  }
  expect(() => grouped.step(batchFor(spec, 5, 0))).toThrow("rows, more than batchSize 4");
});

test("verify accepts a model with accumulation", async () => {
  const [, spec] = bothOf(specs.regression, { average: { decay: 0.5 } });
  const { parameters, targets } = await verifyModel(compileFor(parseModel(spec), { dtype: "f64" }));
  expect(Math.max(...parameters.map(({ relativeError }) => relativeError))).toBeLessThan(1e-6);
  expect(targets.map(({ holds }) => holds)).toEqual([true, true, true, true]);
});
