// Instrumented trainers. If a test fails, instrumentation changes training, the reported values are wrong, or
// a trainer without probes contains code for them.
import { describe, expect, it } from "vitest";
import type { ProbingTrainer } from "../../../src/runtime/trainer/probe.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { compile, type CompileOptions } from "../../../src/compiler/compile.ts";
import { faultsOf, forbiddenIn, engineChoicesIn } from "../../support/code-faults.ts";
import { imported } from "../../support/emitted.ts";
import { batchFor, specs } from "../../support/specs.ts";

async function trainerOf(spec: ModelSpec, options: CompileOptions = {}): Promise<ProbingTrainer> {
  const { code } = await compile(spec, { program: false, probe: true, ...options });
  return (await imported<ProbingTrainer>(code)).createTrainer();
}

const classifier: ModelSpec = {
  name: "classifier",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 8, activation: "relu" },
    { type: "batch-norm" },
    { type: "dropout", rate: 0.4 },
    { type: "dense", units: 6, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: { type: "exponential", initial: 0.02, rate: 0.9 } },
  training: { epochs: 2, batchSize: 6, seed: 3 },
};
const sequences: ModelSpec = {
  ...classifier,
  name: "sequences",
  inputs: { x: { shape: [5, 4] } },
  network: [
    { type: "attention", heads: 2 },
    { type: "lstm", units: 4, returnSequences: true },
    { type: "rnn", units: 3 },
    { type: "flatten" },
    { type: "dense", units: 3 },
  ],
};
const accumulated: ModelSpec = { ...classifier, training: { ...classifier.training, accumulate: 3 } };
const averaged: ModelSpec = { ...classifier, training: { ...classifier.training, average: { decay: 0.8 } } };
const frozen: ModelSpec = {
  ...specs.regression,
  network: [
    { type: "dense", units: 5, activation: "sigmoid", trainable: false },
    { type: "dense", units: 2 },
  ],
};

const models = { classifier, sequences, accumulated, averaged, frozen };
const targets: readonly CompileOptions[] = [
  {},
  { dtype: "f64" },
  { target: "wasm" },
  { target: "wasm", dtype: "f64" },
];

const cases = [
  ...Object.entries(models).map(([name, spec]) => ({ name, spec, options: {} })),
  ...targets.slice(1).map((options) => ({ name: "averaged", spec: averaged, options })),
  { name: "accumulated", spec: accumulated, options: targets[2] },
];

describe("probing at every step", () => {
  it.each(cases)("changes no bit of training: $name $options", async ({ spec, options }) => {
    const [plain, watched] = [await trainerOf(spec, options), await trainerOf(spec, options)];
    const data = batchFor(spec, 40, 1);
    const looked = batchFor(spec, 5, 2);
    let seen = 0;
    watched.onStep(() => {
      watched.probe(looked);
      seen++;
    });
    const fit = (trainer: ProbingTrainer) => trainer.fit(data, { epochs: 2, validation: 0.2 });
    expect(fit(watched)).toEqual(fit(plain));
    expect(seen).toBeGreaterThan(3);
    watched.onStep(undefined);
    watched.probe(looked);
    expect(watched.steps(data, 9)).toBe(plain.steps(data, 9));
    expect(watched.save()).toEqual(plain.save());
  });
});

describe("the code of an instrumented trainer", () => {
  it.each([
    { name: "averaged", spec: averaged, target: "ts" },
    { name: "averaged", spec: averaged, target: "wasm" },
  ] as const)("is strict, without casts: $name $target", async ({ spec, target }) => {
    const { code } = await compile(spec, { target, probe: true });
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
    if (target === "ts") expect(engineChoicesIn(code)).toEqual([]);
  });
});

describe("a probe", () => {
  const batch = batchFor(classifier, 5, 2);
  it.each(targets)(
    "has the gradients and loss of the batch's step, and how far the step moves the weights: %j",
    async (options) => {
      const [watched, twin] = [await trainerOf(classifier, options), await trainerOf(classifier, options)];
      for (const trainer of [watched, twin]) trainer.steps(batchFor(classifier, 12, 3), 4);
      const { step, rows, loss, parameters } = watched.probe(batch);
      const before = Object.entries(twin.parameters).map(([name, values]) => [name, values.slice()] as const);
      expect({ step, rows, loss }).toEqual({ step: 4, rows: 5, loss: twin.step(batch) });
      expect(watched.gradients).toEqual(twin.gradients);
      expect(parameters.map(({ name }) => name)).toEqual(Object.keys(twin.gradients));
      for (const [name, old] of before) {
        const found = parameters.find((parameter) => parameter.name === name);
        if (found === undefined) continue;
        const norm = (of: (i: number) => number) => Math.hypot(...Array.from(old, (_, i) => of(i)));
        expect(found.weights.norm).toBeCloseTo(
          norm((i) => old[i]),
          10,
        );
        expect(found.gradients.norm).toBeCloseTo(
          norm((i) => twin.gradients[name][i]),
          10,
        );
        const moved = norm((i) => twin.parameters[name][i] - old[i]);
        expect(found.updateNorm).toBeCloseTo(moved, 10);
        expect(found.updateRatio).toBeCloseTo(moved / norm((i) => old[i]), 8);
      }
    },
  );
  it("has no ratio for parameters that are all zero, such as initial biases", async () => {
    const { parameters } = (await trainerOf(classifier)).probe(batch);
    const bias = parameters.find(({ name }) => name === "dense1.bias");
    expect(bias?.weights.norm).toBe(0);
    expect(bias).not.toHaveProperty("updateRatio");
  });
  it("with averaging, has the movement of the trained weights, not of their average", async () => {
    const trainer = await trainerOf(averaged);
    trainer.steps(batch, 3);
    const plain = await trainerOf(classifier);
    plain.steps(batch, 3);
    // Averaging does not affect training, so both trainers have the same parameters.
    const ratios = (of: ProbingTrainer) => of.probe(batch).parameters.map(({ updateRatio }) => updateRatio);
    expect(ratios(trainer)).toEqual(ratios(plain));
  });
  it("has the values of layers; where training and prediction agree, the last layer's are the predictions", async () => {
    const spec: ModelSpec = {
      ...specs.classifier,
      network: [
        { type: "dense", units: 4, activation: "relu" },
        { type: "dense", units: 3 },
      ],
    };
    const trainer = await trainerOf(spec, { dtype: "f64" });
    const rows = batchFor(spec, 4, 8);
    const predicted = Array.from(trainer.predict({ x: rows.x }));
    const last = trainer.probe(rows).layers.at(-1);
    expect(last).toMatchObject({ name: "dense2", shape: [3] });
    expect(last?.activations.count).toBe(12);
    expect(last?.activations.mean).toBeCloseTo(
      predicted.reduce((sum, x) => sum + x / 12, 0),
      12,
    );
    expect(last?.activations.max).toBeCloseTo(Math.max(...predicted), 12);
  });
  it("has the layers that compute, including recurrent ones and attention, but not those that only rearrange values", async () => {
    const { layers } = (await trainerOf(sequences)).probe(batchFor(sequences, 3, 1));
    expect(layers.map(({ name, shape }) => [name, shape])).toEqual([
      ["attention1", [5, 4]],
      ["lstm1", [5, 4]],
      ["rnn1", [3]],
      ["dense1", [3]],
    ]);
    const joins = (await trainerOf(specs.joins)).probe(batchFor(specs.joins, 3, 1));
    expect(joins.layers.map(({ name }) => name)).not.toContain("flat");
    expect(joins.layers.map(({ name }) => name)).not.toContain("both");
  });
  it("has the values of training mode: elements that dropout drops are zero", async () => {
    const { layers } = (await trainerOf(classifier)).probe(batch);
    const dropout = layers.find(({ name }) => name === "dropout1");
    expect(dropout?.activations.zeros).toBeGreaterThan(0.15);
    expect(dropout).not.toHaveProperty("idle");
  });
});

describe("dead and saturated units", () => {
  const batch = batchFor(classifier, 6, 2);
  it("of relu are those that are zero in every row", async () => {
    const trainer = await trainerOf(classifier);
    trainer.parameters["dense1.bias"].set([-1e6, 0, -1e6, 1e6, 0, 0, 0, 0]);
    const idle = trainer.probe(batch).layers[0].idle;
    expect(idle).toMatchObject({ rule: "zero", of: 8 });
    expect(idle?.units).toBeGreaterThanOrEqual(2);
    expect(idle?.units).toBeLessThan(8);
    trainer.parameters["dense1.bias"].fill(-1e6);
    expect(trainer.probe(batch).layers[0].idle).toMatchObject({ units: 8, share: 1 });
    trainer.parameters["dense1.bias"].fill(1e6);
    expect(trainer.probe(batch).layers[0].idle).toMatchObject({ units: 0, share: 0 });
  });
  it("of tanh and sigmoid are those at an end of the function's range", async () => {
    for (const [spec, layer] of [
      [classifier, "dense2"],
      [frozen, "dense1"],
    ] as const) {
      const trainer = await trainerOf(spec);
      const idle = () => trainer.probe(batchFor(spec, 6, 2)).layers.find(({ name }) => name === layer)?.idle;
      trainer.parameters[`${layer}.bias`].fill(50);
      expect(idle()).toMatchObject({ rule: "saturated", share: 1, units: idle()?.of });
      trainer.parameters[`${layer}.weight`].fill(0);
      trainer.parameters[`${layer}.bias`].fill(0);
      expect(idle()).toMatchObject({ share: 0, units: 0 });
    }
  });
});

describe("a trainer without probes", () => {
  it.each(["ts", "wasm"] as const)("contains no code for them: %s", async (target) => {
    const { code } = await compile(classifier, { target });
    expect(code.match(/prob(e|ing)\b|watched|distributionOf|onStep/i)).toBeNull();
    expect((await compile(classifier, { target, probe: false })).code).toBe(code);
  });
});
