// Metrics on both targets, compared with scikit-learn's definitions, which this file implements with
// confusion matrices and sorted scores. If a test fails, a reported metric is not what its name says, or
// depends on the division into batches.
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";
import { randomKey, randomStream } from "../../../src/runtime/numbers/random.ts";
import { imported } from "../../support/emitted.ts";

type Averaging = "binary" | "macro" | "micro" | "weighted";

/** A network that returns its input, with the identity as weights. */
const identity = (size: number, rest: Partial<ModelSpec>): ModelSpec => ({
  name: "identity",
  inputs: { x: { shape: [size] } },
  targets: { y: { shape: [] } },
  network: [{ type: "dense", units: size, name: "same" }],
  loss: "mse",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 16, seed: 1 },
  ...rest,
});

const random = randomStream(randomKey(1, 2, 3));
const below = (n: number) => Math.floor(random.unit() * n);

/** Scores with many ties, and classes, some of them missing. */
function drawClasses(rows: number, classes: number, present = classes) {
  const scores = Array.from({ length: rows }, () => Array.from({ length: classes }, () => below(4) / 2));
  const labels = Array.from({ length: rows }, (_, i) => (i % 9 === 4 ? -1 : below(present)));
  return { scores, labels, batch: { x: scores.flat(), y: labels } };
}

const sum = (list: readonly number[]) => list.reduce((all, x) => all + x, 0);
const orZero = (x: number, y: number) => (y === 0 ? 0 : x / y);

/** precision_recall_fscore_support with zero_division=0, over the labels that occur in either list. */
function scoresOf(expected: readonly number[], found: readonly number[], average: Averaging) {
  const labels = [...new Set([...expected, ...found])].sort((a, b) => a - b);
  const counts = labels.map((label) => ({
    label,
    hits: expected.filter((y, i) => y === label && found[i] === label).length,
    predicted: found.filter((y) => y === label).length,
    support: expected.filter((y) => y === label).length,
  }));
  const all = {
    label: NaN,
    hits: sum(counts.map(({ hits }) => hits)),
    predicted: expected.length,
    support: expected.length,
  };
  const one = ({ hits, predicted, support }: (typeof counts)[number]) => ({
    precision: orZero(hits, predicted),
    recall: orZero(hits, support),
    f1: orZero(2 * hits, predicted + support),
  });
  const used =
    average === "binary" ? counts.filter(({ label }) => label === 1) : average === "micro" ? [all] : counts;
  const weights = used.map(({ support }) => (average === "weighted" ? support : 1));
  const mean = (key: "precision" | "recall" | "f1") =>
    orZero(sum(used.map((count, i) => weights[i] * one(count)[key])), sum(weights));
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

async function evaluated(spec: ModelSpec, batch: Record<string, readonly number[]>) {
  const results: Record<string, number>[] = [];
  for (const target of ["ts", "wasm"] as const) {
    const { code } = await compile(spec, { target, dtype: "f64", checkKernels: false, program: false });
    const trainer = (await imported(code)).createTrainer();
    const weight = trainer.parameters["same.weight"];
    const size = Math.sqrt(weight.length);
    weight.forEach((_, i) => (weight[i] = i % (size + 1) === 0 ? 1 : 0));
    results.push(trainer.evaluateAll(batch));
    // Rows that were evaluated earlier must not change the result.
    trainer.evaluateAll(
      Object.fromEntries(Object.entries(batch).map(([name, list]) => [name, list.toReversed()])),
    );
    expect(trainer.evaluateAll(batch)).toEqual(results.at(-1));
  }
  const [first, second] = results;
  for (const [name, value] of Object.entries(first))
    if (Number.isNaN(value)) expect(second[name]).toBeNaN();
    else expect(second[name]).toBeCloseTo(value, 12);
  return first;
}

const close = (found: Record<string, number>, wanted: Record<string, number>) => {
  for (const [name, value] of Object.entries(wanted)) expect(found[name], name).toBeCloseTo(value, 12);
};

describe("precision, recall and F1", () => {
  it.each<[classes: number, average: Averaging | undefined, present: number]>([
    [2, undefined, 2],
    [2, "macro", 2],
    [3, undefined, 3],
    [3, "micro", 3],
    [3, "weighted", 3],
    [7, "macro", 4],
  ])("of %i classes with the average %s", async (classes, average, present) => {
    const { scores, labels, batch } = drawClasses(45, classes, present);
    const metrics = (["precision", "recall", "f1"] as const).map((type) => ({
      type,
      ...(average && { average }),
    }));
    const spec = identity(classes, { targets: { y: { classes } }, loss: "cross-entropy", metrics });
    const kept = labels.flatMap((y, i) => (y < 0 ? [] : [i]));
    const found = kept.map((i) => scores[i].indexOf(Math.max(...scores[i])));
    const expected = kept.map((i) => labels[i]);
    close(
      await evaluated(spec, batch),
      scoresOf(expected, found, average ?? (classes === 2 ? "binary" : "macro")),
    );
  });

  it.each([true, false])("of one score, whose target is a class: %s", async (isClass) => {
    const x = Array.from({ length: 40 }, () => below(5) - 2);
    const y = x.map((value) => (random.unit() < 0.3 ? below(2) : Number(value > 0)));
    const targets = { y: isClass ? { classes: 2 } : { shape: [] } };
    for (const average of ["binary", "macro"] as const) {
      const metrics = (["precision", "recall", "f1"] as const).map((type) => ({ type, average }));
      const spec = identity(1, { targets, loss: "binary-cross-entropy", metrics });
      const found = x.map((value) => Number(value >= 0));
      close(await evaluated(spec, { x, y }), scoresOf(y, found, average));
    }
  });

  it("are 0, and not NaN, for a class that does not occur", async () => {
    const metrics = ["precision", "recall", "f1"] as const;
    const spec = identity(2, {
      targets: { y: { classes: 2 } },
      loss: "cross-entropy",
      metrics: [...metrics],
    });
    close(await evaluated(spec, { x: [1, 0, 1, 0], y: [0, 0] }), { precision: 0, recall: 0, f1: 0 });
  });
});

describe("top-k", () => {
  it.each([1, 2, 3])("of %i classes, where later classes win ties as in scikit-learn", async (k) => {
    const { scores, labels, batch } = drawClasses(50, 5);
    const metrics = [{ type: "top-k" as const, k }];
    const spec = identity(5, { targets: { y: { classes: 5 } }, loss: "cross-entropy", metrics });
    const kept = labels.flatMap((y, i) => (y < 0 ? [] : [i]));
    const hits = kept.map((i) => {
      // np.argsort(kind="stable") from lowest to highest, reversed.
      const order = scores[i].map((_, j) => j).sort((a, b) => scores[i][a] - scores[i][b] || a - b);
      return Number(order.toReversed().slice(0, k).includes(labels[i]));
    });
    close(await evaluated(spec, batch), { [`top-${k}`]: sum(hits) / hits.length });
  });
});

describe("mape", () => {
  it("is a fraction of the targets, and divides by no less than the rounding error of 1", async () => {
    const x = [1, 2.5, -3, 0.1];
    const y = [2, 2, -4, 0.05];
    const spec = identity(1, { metrics: ["mape"] });
    close(await evaluated(spec, { x, y }), { mape: (0.5 + 0.25 + 0.25 + 1) / 4 });
    close(await evaluated(spec, { x: [2 ** -50], y: [0] }), { mape: 4 });
  });
});

/** P(score of a yes > score of a no) + P(equal) / 2, over all pairs of rows. */
function pairwise(scores: readonly number[], isYes: readonly boolean[]): number {
  const [yes, no] = [true, false].map((side) => scores.filter((_, i) => isYes[i] === side));
  const wins = yes.flatMap((s) => no.map((t) => (s > t ? 1 : s === t ? 0.5 : 0)));
  return sum(wins) / wins.length;
}

/** scipy.stats.rankdata: the mean rank of equal values. */
const ranks = (list: readonly number[]) =>
  list.map((x) => list.filter((y) => y < x).length + (list.filter((y) => y === x).length + 1) / 2);

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => sum(list) / list.length;
  const product = (x: readonly number[], y: readonly number[]) =>
    sum(x.map((_, i) => (x[i] - mean(x)) * (y[i] - mean(y))));
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe("auc", () => {
  it("of two outputs ranks their difference; rows without a class do not count", async () => {
    const { scores, labels, batch } = drawClasses(61, 2);
    const metrics = ["auc", "accuracy"] as const;
    const spec = identity(2, {
      targets: { y: { classes: 2 } },
      loss: "cross-entropy",
      metrics: [...metrics],
    });
    const kept = labels.flatMap((y, i) => (y < 0 ? [] : [i]));
    const value = pairwise(
      kept.map((i) => scores[i][1] - scores[i][0]),
      kept.map((i) => labels[i] === 1),
    );
    const summary = await evaluated(spec, batch);
    close(summary, { auc: value });
    expect(Object.keys(summary)).toEqual(["loss", ...metrics]);
  });

  it.each([true, false])("of one score, whose target is a class: %s", async (isClass) => {
    const x = Array.from({ length: 53 }, () => below(7) - 3);
    const y = x.map((value) => (random.unit() < 0.4 ? below(2) : Number(value > 0)));
    const targets = { y: isClass ? { classes: 2 } : { shape: [] } };
    const spec = identity(1, { targets, loss: "binary-cross-entropy", metrics: ["auc"] });
    const value = pairwise(
      x,
      y.map((label) => label === 1),
    );
    close(await evaluated(spec, { x, y }), { auc: value });
  });

  it("is NaN without rows of one of the classes", async () => {
    const spec = identity(1, { loss: "binary-cross-entropy", metrics: ["auc"] });
    expect((await evaluated(spec, { x: [1, 2], y: [1, 1] })).auc).toBeNaN();
  });
});

describe("spearman", () => {
  it("is the correlation of mean ranks, over several targets of a row too", async () => {
    const x = Array.from({ length: 80 }, () => below(9));
    const y = x.map((value) => value + below(6));
    const spec = identity(2, { targets: { y: { shape: [2] } }, metrics: ["spearman", "mae"] });
    close(await evaluated(spec, { x, y }), { spearman: correlation(ranks(x), ranks(y)) });
  });

  it("is NaN for equal predictions", async () => {
    const spec = identity(1, { metrics: ["spearman"] });
    expect((await evaluated(spec, { x: [3, 3, 3], y: [1, 2, 3] })).spearman).toBeNaN();
  });
});

describe("metrics that do not fit are errors", () => {
  const faultOf = (spec: object): string => {
    try {
      buildGraphs(parseModel(spec), "f64");
      return "no error";
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      return error.message;
    }
  };
  const classes = { targets: { y: { classes: 3 } }, loss: "cross-entropy" } as const;
  it.each([
    [
      identity(3, { ...classes, metrics: [{ type: "f1", average: "binary" }] }),
      'f1 with the average "binary" needs two classes, but the target has 3',
    ],
    [
      identity(3, { ...classes, metrics: ["top-k"] }),
      "top-5 with k = 5 counts every row, because the target has 3 classes; k must be below 3",
    ],
    [
      identity(3, { ...classes, metrics: ["mape"] }),
      "mape compares real numbers, but the target contains class indices",
    ],
    [
      identity(1, { metrics: [{ type: "top-k", k: 1 }] }),
      "top-1 needs class indices, but the target is real",
    ],
    [
      identity(1, {
        metrics: ["mape"],
        data: {
          file: "a.csv",
          inputs: { x: { columns: ["a"] } },
          targets: { y: { columns: ["b"], scale: "standard" } },
        },
      }),
      'metrics[0]: mape divides by the target, but data.targets.y.scale "standard" does not keep 0 at 0',
    ],
  ])("%#", (spec, message) => expect(faultOf(spec)).toContain(message));
});
