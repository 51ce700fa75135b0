// Averaged parameters. If a test fails, averaging changes the training, or evaluation and prediction do not
// use the average.
import { expect, test } from "vitest";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { verifyModel } from "../../src/command/verify/verify-model.ts";
import { emittedModule } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";

const decay = 0.8;
const averagedSpec = (spec: ModelSpec): ModelSpec => ({
  ...spec,
  training: { ...spec.training, average: { decay } },
});
const copyOf = (views: Record<string, ArrayLike<number>>) =>
  Object.fromEntries(Object.entries(views).map(([name, view]) => [name, Array.from(view)]));

const withNorm: ModelSpec = {
  ...specs.classifier,
  network: [
    { type: "dense", units: 5 },
    { type: "batch-norm" },
    { type: "dense", units: 4, trainable: false },
    { type: "dense", units: 3 },
  ],
};

test.each([
  ["classifier", specs.classifier],
  ["regression", specs.regression],
  ["formulas", specs.formulas],
  ["frozen layers and running statistics", withNorm],
])("%s: the parameters are d · p + (1 − d) · w, with w from training without averaging", async (_, spec) => {
  const [plain, own] = await Promise.all(
    [spec, averagedSpec(spec)].map(async (each) => emittedModule(each, { dtype: "f64" })),
  );
  const [w, p] = [plain.createTrainer({ seed: 4 }), own.createTrainer({ seed: 4 })];
  const moving = new Set(Object.keys(p.gradients));
  let expected = copyOf(w.parameters);
  expect(copyOf(p.parameters)).toEqual(expected);
  for (let step = 0; step < 4; step++) {
    const batch = batchFor(spec, 5, step);
    expect(p.step(batch)).toBeCloseTo(w.step(batch), 12);
    expected = Object.fromEntries(
      Object.entries(copyOf(w.parameters)).map(([name, values]) => {
        const isCopy = step === 0 || !moving.has(name);
        return [name, isCopy ? values : values.map((x, i) => decay * expected[name][i] + (1 - decay) * x)];
      }),
    );
    for (const [name, values] of Object.entries(expected))
      values.forEach((value, i) => expect(p.parameters[name][i]).toBeCloseTo(value, 11));
  }
  const reported = plain.createTrainer();
  for (const [name, values] of Object.entries(expected)) reported.parameters[name].set(values);
  const batch = batchFor(spec, 6, 9);
  expect(p.evaluate(batch).loss).toBeCloseTo(reported.evaluate(batch).loss, 11);
});

test("training continues from values that are written to the parameters", async () => {
  const module = await emittedModule(averagedSpec(specs.classifier), { dtype: "f64" });
  const [one, other] = [module.createTrainer({ seed: 1 }), module.createTrainer({ seed: 2 })];
  one.step(batchFor(specs.classifier, 6, 0));
  for (const [name, view] of Object.entries(one.parameters)) view.set(other.parameters[name]);
  const batch = batchFor(specs.classifier, 6, 1);
  expect(one.gradient(batch)).toBe(other.gradient(batch));
});

test("saving and resuming after half of the epochs changes nothing, also with early stopping", async () => {
  const spec: ModelSpec = {
    ...averagedSpec(specs.classifier),
    training: {
      ...averagedSpec(specs.classifier).training,
      epochs: 8,
      earlyStopping: { patience: 9, metric: "accuracy" },
    },
  };
  const { createTrainer } = await emittedModule(spec);
  const data = batchFor(spec, 40, 3);
  const validation = batchFor(spec, 20, 4);
  const whole = createTrainer();
  whole.fit(data, { validation });
  const first = createTrainer();
  first.fit(data, { validation, epochs: 4 });
  const second = createTrainer();
  second.load(first.save());
  const { epochs, bestEpoch } = second.fit(data, { validation, epochs: 4 });
  expect(second.save()).toEqual(whole.save());
  // After the fit, evaluation uses the average of the best epoch.
  const best = epochs.find(({ epoch }) => epoch === bestEpoch);
  if (best !== undefined) expect(second.evaluateAll(validation)).toEqual(best.validation);
});

test("verify accepts a model with averaging", async () => {
  const compilation = compileFor(parseModel(averagedSpec(specs.regression)), { dtype: "f64" });
  const { parameters, targets } = await verifyModel(compilation);
  expect(Math.max(...parameters.map(({ relativeError }) => relativeError))).toBeLessThan(1e-6);
  expect(targets.map(({ holds }) => holds)).toEqual([true, true, true, true]);
});
