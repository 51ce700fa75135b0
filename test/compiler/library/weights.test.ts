// Weights of rows and classes. A row of weight w must count as w rows, whatever sums the loss computes. If a
// test fails, a weighted loss or its gradient is wrong.
import { describe, expect, it } from "vitest";
import { referenceTrainer } from "../reference/reference-trainer.ts";

const spec = (loss: unknown, target: object, units: number, training: object = {}) => ({
  name: "weighed",
  inputs: { x: { shape: [2] }, w: { shape: [] } },
  targets: { y: target },
  network: [{ type: "dense", from: "x", units }],
  loss,
  optimizer: { type: "sgd", learningRate: 0.5 },
  training: { epochs: 1, batchSize: 8, ...training },
});

type Spec = ReturnType<typeof spec>;
const x = [0.3, -1, 1.2, 0.4, -0.6, 0.9, 0.1, 0.2];

/** The loss and all gradients, at parameters that all differ. */
function outcome(of: Spec, batch: Record<string, number[]>): number[] {
  const trainer = referenceTrainer(of);
  trainer.set(
    "dense1.weight",
    trainer.get("dense1.weight").map((_, i) => 0.4 - 0.3 * i),
  );
  const loss = trainer.gradient(batch);
  return [loss, ...trainer.gradientNames().flatMap((name) => trainer.get(`gradient:${name}`))];
}

const close = (actual: number[], expected: number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
};

/** Each row repeated as many times as its weight. */
const repeated = (values: number[], counts: number[]): number[] => {
  const size = values.length / counts.length;
  return counts.flatMap((count, row) =>
    Array.from({ length: count }, () => values.slice(row * size, (row + 1) * size)).flat(),
  );
};

const real: [unknown, object, number, number[]][] = [
  ...["mse", "mae", "rmse", "huber", "log-cosh"].map((loss): [unknown, object, number, number[]] => [
    loss,
    { shape: [2] },
    2,
    [1, 0, 2, -1, 0.5, 0.1, 3, 1],
  ]),
  ...["binary-cross-entropy", "hinge", "perceptron", "poisson", "kl-divergence"].map(
    (loss): [unknown, object, number, number[]] => [loss, { shape: [1] }, 1, [1, 0, 1, 0]],
  ),
  ["hinge", { classes: 2 }, 1, [1, 0, -1, 0]],
  ["cross-entropy", { classes: 3 }, 3, [2, 0, -1, 1]],
  [{ type: "cross-entropy", smoothing: 0.2 }, { classes: 3 }, 3, [2, 0, 1, 1]],
  [
    { formula: "sqrt(mean((prediction - y)^2)) + sum(prediction) / 9" },
    { shape: [2] },
    2,
    [1, 0, 2, -1, 0, 1, 3, 1],
  ],
  [{ formula: "mean(abs(prediction - y)) * mean(prediction^2)" }, { classes: 3 }, 3, [2, -1, 1, 0]],
];

describe("a loss with a root", () => {
  const formula = { formula: "sqrt(mean((prediction - y)^2))" };
  it.each(["rmse", "rmsle", formula])("has gradient 0 where every prediction is exact: %j", (loss) => {
    const of = spec(loss, { shape: [2] }, 2);
    const trainer = referenceTrainer(of);
    for (const name of ["dense1.weight", "dense1.bias"])
      trainer.set(
        name,
        trainer.get(name).map(() => 0),
      );
    const loss0 = trainer.gradient({ x, w: [0, 0, 0, 0], y: [0, 0, 0, 0, 0, 0, 0, 0] });
    const gradients = trainer.gradientNames().flatMap((name) => trainer.get(`gradient:${name}`));
    expect([loss0, ...gradients].map(Math.abs)).toEqual([0, ...gradients.map(() => 0)]);
  });
});

describe("classWeights", () => {
  it("that are 0 for every row give a loss of 0 and no gradient, with label smoothing too", () => {
    const loss = { type: "cross-entropy", smoothing: 0.2 };
    const of = spec(loss, { classes: 3 }, 3, { classWeights: [0, 1, 2] });
    const found = outcome(of, { x, w: [1, 1, 1, 1], y: [0, 0, 0, 0] });
    expect(found.map(Math.abs)).toEqual(found.map(() => 0));
  });
});

describe("sampleWeights", () => {
  it.each(real)("with %j, a row of weight w is w rows, for loss and gradients", (loss, target, units, y) => {
    const counts = [2, 1, 3, 0];
    const weighed = outcome(spec(loss, target, units, { sampleWeights: "w" }), { x, w: counts, y });
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const batch = { x: repeated(x, counts), w: Array(rows).fill(9), y: repeated(y, counts) };
    close(weighed, outcome(spec(loss, target, units), batch));
  });

  it.each([...real, ["rmsle", { shape: [2] }, 2, x.map(Math.abs)]] as typeof real)(
    "of 0 for every row give a loss of 0 and no gradient with %j",
    (loss, target, units, y) => {
      const of = spec(loss, target, units, { sampleWeights: "w" });
      const found = outcome(of, { x: x.map(Math.abs), w: [0, 0, 0, 0], y });
      expect(found.map(Math.abs)).toEqual(found.map(() => 0));
    },
  );

  it("may be fractions: their sum does not matter", () => {
    const of = spec("rmse", { shape: [2] }, 2, { sampleWeights: "w" });
    const tenth = outcome(of, { x, w: [0.02, 0.01, 0.03, 0.04], y: [1, 0, 2, -1, 0.5, 0.1, 3, 1] });
    close(tenth, outcome(of, { x, w: [2, 1, 3, 4], y: [1, 0, 2, -1, 0.5, 0.1, 3, 1] }));
  });

  it("change the loss of a data set, but not its metrics", () => {
    const of = { ...spec("mse", { shape: [2] }, 2, { sampleWeights: "w" }), metrics: ["rmse"] };
    const trainer = referenceTrainer(of);
    const y = [1, 1, 2, 2, 0, 0, 0, 0];
    const first = { x: x.slice(0, 4), w: [3, 1], y: y.slice(0, 4) };
    const second = { x: x.slice(4), w: [4, 0], y: y.slice(4) };
    const { loss, rmse } = trainer.evaluate(first, second);
    expect(loss).toBeCloseTo((3 * 2 + 1 * 8) / 2 / 8, 14);
    expect(rmse).toBeCloseTo(Math.sqrt(10 / 8), 14);
  });
});

describe("classWeights", () => {
  const y = [2, 0, -1, 1];
  const logits = (row: number): number[] => [0, 1, 2].map((j) => 0.4 - 0.3 * j + row * 0.1);

  it.each([0, 0.2])("are those of PyTorch's CrossEntropyLoss(weight, label_smoothing=%s)", (smoothing) => {
    const weights = [0.5, 2, 3];
    const of = spec({ type: "cross-entropy", smoothing }, { classes: 3 }, 3, { classWeights: weights });
    const trainer = referenceTrainer(of);
    trainer.set("dense1.weight", [0.1, 0.1, 0.1, 0, 0, 0]);
    trainer.set("dense1.bias", [0.4, 0.1, -0.2]);
    const loss = trainer.gradient({ x: [0, 5, 1, 5, 2, 5, 3, 5], w: [1, 1, 1, 1], y });
    // The formula of PyTorch's ATen: a term of the targets and a term of the smoothing, each divided by the
    // sum of the weights of the rows' classes.
    let [sharp, smooth, total] = [0, 0, 0];
    y.forEach((label, row) => {
      if (label < 0) return;
      const z = logits(row);
      const logSum = Math.log(z.reduce((sum, each) => sum + Math.exp(each), 0));
      sharp -= weights[label] * (z[label] - logSum);
      smooth -= z.reduce((sum, each, j) => sum + weights[j] * (each - logSum), 0);
      total += weights[label];
    });
    expect(loss).toBeCloseTo(((1 - smoothing) * sharp + (smoothing / 3) * smooth) / total, 12);
  });

  it.each([
    [{ type: "cross-entropy", smoothing: 0.3 }, 3],
    ["cross-entropy", 3],
    ["hinge", 2],
    ["binary-cross-entropy", 2],
    [{ formula: "mean((prediction - y)^2) + sum(prediction) / 7" }, 3],
  ])("that are all the same number have no effect, with %j", (loss, classes) => {
    const units = classes === 2 ? 1 : 3;
    const of = (training: object) => spec(loss, { classes }, units, training);
    const labels = y.map((label) => Math.min(label, classes - 1));
    const isSum = typeof loss === "object" && "formula" in loss;
    const [same, batch] = [isSum ? 1 : 4, { x, w: [1, 1, 1, 1], y: labels }];
    close(outcome(of({ classWeights: Array(classes).fill(same) }), batch), outcome(of({}), batch));
  });

  it.each(["cross-entropy", "binary-cross-entropy", "perceptron"])(
    "with %s, a class of weight w counts as its rows w times; with row weights, the product counts",
    (loss) => {
      const [target, units] = loss === "cross-entropy" ? [{ classes: 3 }, 3] : [{ classes: 2 }, 1];
      const labels = loss === "cross-entropy" ? y : [1, 0, -1, 1];
      const classWeights = loss === "cross-entropy" ? [2, 1, 3] : [2, 3];
      const training = { classWeights, sampleWeights: "w" };
      const w = [2, 1, 5, 0];
      const counts = labels.map((label, row) => w[row] * (classWeights[label] ?? 1));
      const rows = counts.reduce((sum, count) => sum + count, 0);
      const batch = { x: repeated(x, counts), w: Array(rows).fill(1), y: repeated(labels, counts) };
      close(
        outcome(spec(loss, target, units, training), { x, w, y: labels }),
        outcome(spec(loss, target, units), batch),
      );
    },
  );

  it("a batch in which every row is ignored has loss 0 and no gradient", () => {
    for (const training of [{}, { classWeights: [1, 2] }]) {
      const of = spec("binary-cross-entropy", { classes: 2 }, 1, training);
      expect(outcome(of, { x, w: x.slice(4), y: [-1, -1, -1, -1] }).every((value) => value === 0)).toBe(true);
    }
  });
});
