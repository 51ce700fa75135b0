// Class weights and sample weights. If a test fails, invalid weights silently train a different model.
import { expect, test } from "vitest";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "../base-spec.ts";

const training = (more: object) => ({ training: { epochs: 2, batchSize: 6, ...more } });
const data = {
  file: "rows.csv",
  inputs: { x: { columns: ["a..d"] } },
  targets: { y: { columns: ["kind"] } },
};
const withWeights = (classWeights: unknown, more: object = {}) =>
  specWith({ ...training({ classWeights }), ...more });

test("weights by name are stored in the order of the names, which the data must then have", () => {
  const model = parseModel(withWeights({ cat: 2, ant: 1, bee: 3 }, { data }));
  expect(model.training.classWeights).toEqual([1, 3, 2]);
  expect(model.data?.targets.y.classNames).toEqual(["ant", "bee", "cat"]);
  expect(parseModel(withWeights([1, 3, 2])).training.classWeights).toEqual([1, 3, 2]);
  expect(parseModel(withWeights("balanced")).training.classWeights).toBe("balanced");
});

test.each([
  [withWeights([1, 2]), "training.classWeights has 2 weights, but y has 3 classes"],
  [withWeights({ a: 1, b: 1 }, { data }), "training.classWeights has 2 weights, but y has 3 classes"],
  [
    withWeights([0, 0, 0]),
    "training.classWeights must contain a weight greater than 0, because otherwise the model learns nothing",
  ],
  [withWeights([1, -1, 1]), "training.classWeights[1] must be a number of at least 0, got -1"],
  [withWeights("balance"), 'training.classWeights: unknown weighting "balance"'],
  [
    withWeights({ a: 1, b: 1, c: 1 }),
    "training.classWeights contains class names, but data has no column with the class names of the target",
  ],
  [
    withWeights([1, 1], { targets: { y: { shape: [3] } }, loss: "mse" }),
    "training.classWeights needs a target with classes",
  ],
])("%#: wrong class weights are reported", (spec, message) => {
  expect(faultsOf(spec)).toContain(message);
});

const weighed = (name: string, input: object, more: object = {}) =>
  specWith({ inputs: { x: { shape: [4] }, w: input }, ...training({ sampleWeights: name }), ...more });

test("an input of weights is not read by the first layer, and does not count as unread", () => {
  const model = parseModel(weighed("w", { shape: [] }));
  expect(model.network[0].from).toEqual(["x"]);
  expect(model.training.sampleWeights).toBe("w");
});

test.each([
  [weighed("v", { shape: [] }), 'training.sampleWeights: unknown input "v"'],
  [weighed("w", { shape: [2] }), "training.sampleWeights: w must have one real number per row"],
  [weighed("w", { shape: [], dtype: "i32" }), "training.sampleWeights: w must have one real number per row"],
  [
    weighed(
      "w",
      { shape: [] },
      { data: { ...data, inputs: { ...data.inputs, w: { columns: ["w"], scale: "standard" } } } },
    ),
    'data.inputs.w.scale: "standard" cannot scale sample weights, because a weight of 0 would change',
  ],
])("%#: wrong sample weights are reported", (spec, message) => {
  expect(faultsOf(spec)).toContain(message);
});
