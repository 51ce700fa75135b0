// Specs with several targets, each with a loss. If a test fails, a mistake in `losses` goes unnoticed, or its
// message does not say how to correct it.
import { describe, expect, it, test } from "vitest";
import { DiagnosticError } from "../../../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../../../src/compiler/spec/build.ts";
import { parseModel, parseSpec } from "../../../../src/compiler/spec/parse-model.ts";
import { dataFacts, trainingFacts } from "../../../../src/compiler/trainer/trainer-facts.ts";

type Keys = Record<string, unknown>;

const price = { loss: "mse", from: "head1" };
const kind = { loss: "cross-entropy", from: "head2", weight: 0.5, metrics: ["accuracy"] };
const training = { epochs: 2, batchSize: 6 };

const specOf = (changes: Keys = {}): Keys => ({
  name: "heads",
  inputs: { x: { shape: [4] }, w: { shape: [] } },
  targets: { price: { shape: [] }, kind: { classes: 3 } },
  network: [
    { type: "dense", name: "shared", from: "x", units: 5, activation: "relu" },
    { type: "dense", name: "head1", from: "shared", units: 1 },
    { type: "dense", name: "head2", from: "shared", units: 3 },
  ],
  losses: { price, kind },
  optimizer: "adam",
  training,
  ...changes,
});

const withLosses = (losses: unknown): Keys => specOf({ losses });

/** The errors of the spec and of its graphs. */
function errorsOf(spec: Keys): string {
  try {
    buildGraphs(parseModel(spec), "f32");
    return "no error";
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}

const isData = (targets: Keys): Keys => ({
  data: { file: "a.csv", inputs: { x: { columns: ["a..d"] }, w: { columns: ["w"] } }, targets },
});

const mistakes: Record<string, readonly (readonly [string, Keys, ...string[]])[]> = {
  "targets and losses": [
    [
      "a target without a loss",
      withLosses({ price }),
      "error T1405: losses has no entry for the target kind",
      '  hint: add "kind": { "loss": …, "from": … }, or remove the target',
    ],
    [
      "a loss of an unknown target",
      withLosses({ price, kind, kinds: kind }),
      "error T1405: losses.kinds is not one of the targets",
      '  hint: did you mean "kind"?',
    ],
    [
      "loss and losses",
      specOf({ loss: "mse" }),
      "error T1208: loss cannot be combined with losses, which replaces it",
      "  hint: remove it: the loss of each target is losses.TARGET.loss",
    ],
    [
      "output and losses",
      specOf({ output: "head1" }),
      "error T1208: output cannot be combined with losses, which replaces it",
      "  hint: remove it: losses.TARGET.from names the layer that predicts the target",
    ],
    [
      "metrics and losses",
      specOf({ metrics: ["mae"] }),
      "error T1208: metrics cannot be combined with losses, which replaces it",
      "  hint: move the metrics of each target to losses.TARGET.metrics",
    ],
    [
      "weights of the only target",
      specOf({ training: { ...training, classWeights: [1, 2, 3], sampleWeights: "w" } }),
      "error T1208: training.classWeights cannot be combined with losses, which replaces it",
      "  hint: move it to losses.TARGET.classWeights",
      "error T1208: training.sampleWeights cannot be combined with losses, which replaces it",
      "  hint: move it to losses.TARGET.sampleWeights",
    ],
    [
      "two targets and one loss",
      specOf({ losses: undefined, loss: "mse" }),
      "error T1405: loss is for one target, but the spec has 2 targets; each needs a loss",
      '  hint: replace loss, output and metrics with "losses": { "price": { "loss": …, "from": … }, "kind": { "loss": …, "from": … } }',
    ],
    [
      "two targets and no loss",
      specOf({ losses: undefined }),
      "error T1102: losses is missing: each of the 2 targets needs a loss",
      '  hint: replace loss, output and metrics with "losses": { "price": { "loss": …, "from": … }, "kind": { "loss": …, "from": … } }',
    ],
    ["a list of losses", withLosses([price, kind]), "error T1201: losses must be an object, got a list of 2"],
    [
      "two losses of one target",
      withLosses({ price: [price, price], kind }),
      "error T1201: losses.price must be an object, got a list of 2",
    ],
  ],
  values: [
    [
      "an unknown layer",
      withLosses({ price: { ...price, from: "head" }, kind }),
      'error T1303: losses.price.from: unknown layer "head"',
      '  hint: did you mean "head1"?',
    ],
    [
      "an input instead of a layer",
      withLosses({ price: { ...price, from: "x" }, kind }),
      'error T1303: losses.price.from: unknown layer "x"',
      "  hint: known names: shared, head1, head2",
    ],
    [
      "no layer",
      withLosses({ price: { loss: "mse" }, kind }),
      "error T1102: losses.price.from is missing: it must be a string",
    ],
    [
      "a negative weight",
      withLosses({ price: { ...price, weight: -1 }, kind }),
      "error T1203: losses.price.weight must be a number of at least 0, got -1",
    ],
    [
      "an infinite weight",
      withLosses({ price: { ...price, weight: Infinity }, kind }),
      "error T1203: losses.price.weight must be a number of at least 0, got Infinity",
    ],
    [
      "a weight that is not a number",
      withLosses({ price: { ...price, weight: "0.5" }, kind }),
      'error T1201: losses.price.weight must be a number of at least 0, got "0.5"',
    ],
    [
      "a weight that f32 cannot represent",
      withLosses({ price: { ...price, weight: 1e39 }, kind }),
      "error T1313: losses.price.weight: 1e+39 is too large for f32",
      "  hint: use dtype f64, or a number whose absolute value is at most 3.4e38",
    ],
    [
      "only weights of 0",
      withLosses({ price: { ...price, weight: 0 }, kind: { ...kind, weight: 0 } }),
      "error T1405: losses: all weights are 0, so the model would learn nothing",
      "  hint: give at least one loss a weight above 0; 1 is the default",
    ],
    [
      "a weight of 0 for a separate head",
      withLosses({ price: { ...price, weight: 0 }, kind }),
      "error T1502: head1.weight would get no gradient: the loss does not depend on it",
      '  hint: if that is intended, freeze its layer with "trainable": false',
      "error T1502: head1.bias would get no gradient: the loss does not depend on it",
      '  hint: if that is intended, freeze its layer with "trainable": false',
    ],
    [
      "an unknown key",
      withLosses({ price: { ...price, wieght: 2 }, kind }),
      'error T1101: losses.price: unknown key "wieght"',
      '  hint: did you mean "weight"?',
    ],
    [
      "a loss of another library",
      withLosses({ price, kind: { ...kind, loss: "CrossEntropyLoss" } }),
      'error T1103: losses.kind.loss: unknown loss "CrossEntropyLoss"',
      '  hint: did you mean "cross-entropy"?',
    ],
    [
      "a loss that does not fit its target",
      withLosses({ price: { ...price, from: "head2" }, kind }),
      "error T1401: losses.price.loss: mse compares element by element, but the output has the shape [n, 3] and the target has the shape [n]",
      "  note: the loss compares the output of head2 with the target price",
    ],
    [
      "a metric that does not fit its target",
      withLosses({ price, kind: { ...kind, metrics: ["mae"] } }),
      "error T1402: losses.kind.metrics[0]: mae compares real numbers, but the target contains class indices",
      "  hint: metrics that fit this output and target: accuracy",
    ],
    [
      "a metric twice",
      withLosses({ price, kind: { ...kind, metrics: ["accuracy", "accuracy"] } }),
      'error T1302: losses.kind.metrics[1]: the metric "accuracy" appears twice',
    ],
  ],
  "weights of classes and rows": [
    [
      "class weights of a real target",
      withLosses({ price: { ...price, classWeights: [1, 2] }, kind }),
      "error T1221: losses.price.classWeights needs a target with classes",
    ],
    [
      "too few class weights",
      withLosses({ price, kind: { ...kind, classWeights: [1, 2] } }),
      "error T1221: losses.kind.classWeights has 2 weights, but kind has 3 classes",
    ],
    [
      "weights of rows without an input",
      withLosses({ price: { ...price, sampleWeights: "ww" }, kind }),
      'error T1222: losses.price.sampleWeights: unknown input "ww"',
      '  hint: did you mean "w"?',
    ],
  ],
  "names of metrics": [
    [
      "a metric without its target",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          earlyStopping: { patience: 2, metric: "accuracy" },
        },
      }),
      'error T1303: training.earlyStopping.metric: "accuracy" is not a metric of this spec',
      '  hint: did you mean "kind.accuracy"?',
    ],
    [
      "a name from Keras",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          earlyStopping: { patience: 2, metric: "val_price_loss" },
        },
      }),
      'error T1303: training.earlyStopping.metric: "val_price_loss" is not a metric of this spec',
      '  hint: did you mean "price.loss"?',
    ],
    [
      "an unknown name",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          earlyStopping: { patience: 2, metric: "bleu" },
        },
      }),
      'error T1303: training.earlyStopping.metric: "bleu" is not a metric of this spec',
      "  hint: use one of loss, price.loss, kind.loss, kind.accuracy",
    ],
    [
      "a search by an unknown name",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          search: { over: { "network[0].units": [2, 3] }, metric: "kind.acuracy" },
        },
      }),
      'error T1303: training.search.metric: "kind.acuracy" is not a metric of this spec',
      '  hint: did you mean "kind.accuracy"?',
    ],
    [
      "a search of weights by their sum",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          search: { over: { "losses.kind.weight": [0.1, 1] } },
        },
      }),
      "error T1704: training.search.over: losses.kind.weight changes the loss itself, so the loss cannot rank candidates",
      '  hint: rank candidates by a metric instead: "metric": NAME',
    ],
    [
      "a search of a loss by this loss",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          search: { over: { "losses.price.loss": ["mse", "mae"] }, metric: "price.loss" },
        },
      }),
      "error T1704: training.search.over: losses.price.loss changes price.loss itself, so price.loss cannot rank candidates",
      '  hint: rank candidates by a metric instead: "metric": NAME',
    ],
    [
      "a search of metrics",
      specOf({
        training: {
          ...training,
          validation: { fraction: 0.2 },
          search: { over: { "losses.kind.metrics": [[], ["accuracy"]] }, metric: "kind.loss" },
        },
      }),
      "error T1702: training.search.over: losses.kind.metrics cannot be searched: all candidates must report the same metrics",
    ],
  ],
  splits: [
    [
      "stratification by a first target without classes",
      specOf({ training: { ...training, stratify: true } }),
      "error T1206: training.stratify uses the first target, but price has no classes",
      "  hint: move kind to the beginning of targets",
    ],
  ],
};

for (const [title, rows] of Object.entries(mistakes))
  describe(title, () => {
    for (const [intent, spec, ...expected] of rows)
      it(intent, () => expect(errorsOf(spec)).toContain(expected.join("\n")));
  });

test("a misspelt target in losses is one error, and its metrics are not suggested", () => {
  const inputs = { x: { shape: [4] } };
  const earlyStopping = { patience: 2, metric: "price.mae" };
  const validation = { fraction: 0.2 };
  expect(
    errorsOf(
      specOf({
        inputs,
        losses: { prise: { ...price, metrics: ["mae"] }, kind },
        training: { ...training, validation, earlyStopping },
      }),
    ),
  ).toBe('error T1405: losses.prise is not one of the targets\n  hint: did you mean "price"?');
  const other = { ...earlyStopping, metric: "mae" };
  expect(
    errorsOf(
      specOf({
        inputs,
        losses: { prise: { ...price, metrics: ["mae"] }, kind },
        training: { ...training, validation, earlyStopping: other },
      }),
    ),
  ).toContain("hint: use one of loss, kind.loss, kind.accuracy");
});

test("the first target with one class per row stratifies rows and folds", () => {
  const kinds = { kind: { classes: 3 }, price: { shape: [] } };
  const validation = { folds: 5 };
  const stratifies = (changes: Keys) => parseModel(specOf(changes)).training.stratify;
  expect(stratifies({ targets: kinds })).toBe(true);
  expect(stratifies({ targets: kinds, training: { ...training, validation } })).toBe(true);
  expect(stratifies({ targets: kinds, training: { ...training, validation, stratify: false } })).toBe(false);
  expect(errorsOf(specOf({ targets: kinds, training: { ...training, validation, stratify: true } }))).toBe(
    "no error",
  );
  // The first target has no classes.
  expect(stratifies({ training: { ...training, validation } })).toBe(false);
});

test("the weight of a loss may be searched by a metric of a target", () => {
  const search = { over: { "losses.kind.weight": [0.1, 1] }, metric: "price.loss" };
  expect(() =>
    parseSpec(specOf({ training: { ...training, validation: { fraction: 0.2 }, search } })),
  ).not.toThrow();
});

test("the canonical spec has an entry for each target, in the order of the targets, with all defaults", () => {
  const { losses, loss, output, metrics } = parseModel(withLosses({ kind, price }));
  expect([loss, output, metrics]).toEqual([undefined, undefined, undefined]);
  expect(Object.entries(losses ?? {})).toEqual([
    ["price", { loss: { type: "mse" }, from: "head1", weight: 1, metrics: [] }],
    [
      "kind",
      {
        loss: { type: "cross-entropy", smoothing: 0 },
        from: "head2",
        weight: 0.5,
        metrics: [{ type: "accuracy" }],
      },
    ],
  ]);
});

test("a single target may have losses, too, and its metrics then have its name", () => {
  const spec = specOf({
    targets: { price: { shape: [] } },
    losses: { price: { ...price, metrics: ["mae"] } },
  });
  const model = parseModel(spec);
  expect(trainingFacts(model).metrics).toEqual(["price.loss", "price.mae"]);
  expect(errorsOf(spec)).toBe("no error");
});

test("a layer before its activation may be trained for one target and read for another", () => {
  expect(errorsOf(withLosses({ price, kind: { ...kind, from: "head2" } }))).toBe("no error");
  // With weight 0, a loss on a layer that another loss trains is only reported.
  const both = { ...specOf(), targets: { price: { shape: [] }, paid: { shape: [] } } };
  const losses = { price, paid: { ...price, loss: "mae", weight: 0 } };
  const network = [{ type: "dense", name: "head1", from: "x", units: 1 }];
  expect(errorsOf({ ...both, losses, network })).toBe("no error");
});

test("names of classes, limits and decimals belong to each target", () => {
  const targets = { price: { columns: ["p"] }, kind: { columns: ["k"] } };
  const named = { ...kind, classWeights: { red: 2, blue: 1, green: 1 } };
  const model = parseModel({
    ...withLosses({ price: { ...price, loss: "poisson" }, kind: named }),
    ...isData(targets),
  });
  expect(dataFacts(model)?.targets).toMatchObject({
    price: { columns: ["p"], range: { lowest: 0 } },
    kind: { columns: ["k"], classNames: ["blue", "green", "red"] },
  });
});
