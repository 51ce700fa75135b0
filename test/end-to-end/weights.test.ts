// Weights in emitted trainers: their gradients, weights that are computed from the data, and invalid weights
// in data. If a test fails, a weighted row or class counts for too much or too little.
import { expect, test } from "vitest";
import { compileFor } from "../../src/compiler/compile-target.ts";
import { columnEncoder, namedClassEncoder, weightEncoder } from "../../src/runtime/data/column-encoder.ts";
import { parseCsv } from "../support/parse-csv.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { verifyModel } from "../../src/command/verify/verify-model.ts";
import { emittedModule } from "../support/emitted.ts";
import { prepareTable } from "../support/prepare-table.ts";
import { model as line, training as facts } from "../runtime/linear-machine.ts";

const base: ModelSpec = {
  name: "weighed",
  inputs: { x: { shape: [2] }, w: { shape: [1] } },
  targets: { y: { classes: 3 } },
  network: [{ type: "dense", units: 3 }],
  loss: "cross-entropy",
  optimizer: { type: "sgd", learningRate: 0.5 },
  training: { epochs: 2, batchSize: 4, seed: 5, sampleWeights: "w" },
};
const withTraining = (more: Partial<ModelSpec["training"]>, loss: ModelSpec["loss"] = base.loss) => ({
  ...base,
  loss,
  training: { ...base.training, ...more },
});
const data = {
  x: [1, 0, 0, 1, 1, 1, 0, 0, -1, 0, 0, -1],
  w: [1, 2, 1, 0.5, 1, 1],
  y: [0, 0, 0, 1, 2, 2],
};

test.each([
  withTraining({ classWeights: [1, 2, 0.5] }),
  withTraining({ classWeights: [1, 2, 0.5] }, { type: "cross-entropy", smoothing: 0.1 }),
  withTraining({ classWeights: "balanced" }, { formula: "sqrt(mean((prediction - y)^2))" }),
])("%#: verify accepts a weighted loss", async (spec) => {
  const { parameters, targets } = await verifyModel(compileFor(parseModel(spec), { dtype: "f64" }));
  expect(Math.max(...parameters.map(({ relativeError }) => relativeError))).toBeLessThan(1e-6);
  expect(targets.map(({ holds }) => holds)).toEqual([true, true, true, true]);
});

test("balanced weights come from the training split only, also after resuming", async () => {
  const [balanced, listed] = await Promise.all(
    (["balanced", [6 / 9, 2, 1]] as const).map(async (classWeights) => {
      const module = await emittedModule(
        withTraining({ classWeights: typeof classWeights === "string" ? classWeights : [...classWeights] }),
        { dtype: "f64" },
      );
      return module;
    }),
  );
  const validation = { x: [1, 1], w: [1], y: [1] };
  const [one, other] = [balanced, listed].map(({ createTrainer }) => createTrainer());
  const [history, expected] = [one, other].map((trainer) => trainer.fit(data, { validation }));
  expect(history.epochs[1].loss).toBeCloseTo(expected.epochs[1].loss, 14);
  expect(history.epochs[1].validation?.loss).toBeCloseTo(expected.epochs[1].validation?.loss ?? NaN, 14);
  const loaded = balanced.createTrainer();
  loaded.load(one.save());
  expect(loaded.evaluateAll(data)).toEqual(one.evaluateAll(data));
});

test("prediction needs no weights, but training does; a negative weight is rejected with its row", async () => {
  const trainer = (await emittedModule(base)).createTrainer();
  expect(trainer.predict({ x: [1, 2] })).toHaveLength(3);
  expect(() => trainer.step({ x: data.x, y: data.y })).toThrow(
    "w must be an array of numbers, got undefined",
  );
  expect(() => trainer.fit({ ...data, w: [1, 1, 1, -2, 1, 1] })).toThrow("w, row 3: -2 is below 0");
});

test("the data must have exactly the classes that the spec weighs by name", () => {
  const model = { ...line, targets: { y: { shape: [], classes: 2 } } };
  const read = (classNames: string[], kinds: string) =>
    prepareTable(
      model,
      { inputs: { x: { columns: ["a", "b"] } }, targets: { y: { columns: ["kind"], classNames } } },
      { ...facts, stratify: true },
      7,
      parseCsv(
        `a,b,kind\n${kinds
          .split(" ")
          .map((kind) => `1,2,${kind}\n`)
          .join("")}`,
      ),
      { encoders: { classNames: namedClassEncoder, columns: columnEncoder } },
    );
  expect(read(["no", "yes"], "yes no yes").train["y"]).toEqual(Int32Array.of(1, 0, 1));
  expect(() => read(["no", "yez"], "yes no yes")).toThrow(
    "classWeights names the classes no, yez, but those of y are no, yes",
  );
  expect(() => read(["no", "yes"], "1 0 1")).toThrow("but its columns contain class numbers");
});

test("a negative weight in a file is reported with its line", () => {
  const model = { ...line, inputs: { x: { shape: [], dtype: "f32" }, w: { shape: [], dtype: "f32" } } };
  const read = (text: string) =>
    prepareTable(
      model,
      {
        inputs: { x: { columns: ["x"] }, w: { columns: ["trust"], weighs: true } },
        targets: { y: { columns: ["y"] } },
      },
      facts,
      7,
      parseCsv(text),
      { encoders: { weighs: weightEncoder, columns: columnEncoder } },
    );
  expect(read("x,trust,y\n1,0,3\n1,2.5,3\n").train["w"]).toEqual(Float64Array.of(0, 2.5));
  expect(() => read("x,trust,y\n1,0,3\n1,-2,3\n")).toThrow(
    expect.objectContaining({ message: 'column "trust": the sample weight -2 is negative', line: 3 }),
  );
});
