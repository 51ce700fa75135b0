// The report that compares predictions with true values. If a test fails, a report shows a model as better or
// worse than it is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementOf, confusionOf, mostConfused } from "../../../src/studio/charts/agreement.ts";
import { reportFormats, type PredictionReport } from "../../../src/studio/charts/predictions-report.ts";
import { faultOfXml } from "../../support/well-formed.ts";

describe("a confusion matrix", () => {
  // true      0 0 0 1 1 2 −1
  // predicted 0 0 1 1 1 1  0
  const confusion = confusionOf(["a", "b", "c"], [0, 0, 0, 1, 1, 2, -1], [0, 0, 1, 1, 1, 1, 0]);

  it("counts the predicted classes of each true class, and leaves out −1", () => {
    expect(confusion.counts).toEqual([
      [2, 1, 0],
      [0, 2, 0],
      [0, 1, 0],
    ]);
    expect(confusion.accuracy).toBeCloseTo(4 / 6, 12);
  });

  it("gives precision, recall, F1 and support; a class never predicted has precision 0", () => {
    const [a, b, c] = confusion.perClass;
    expect(a).toEqual({ precision: 1, recall: 2 / 3, f1: 0.8, support: 3 });
    expect(b.precision).toBe(0.5);
    expect(b.recall).toBe(1);
    expect(b.f1).toBeCloseTo(2 / 3, 12);
    expect(c).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
    expect(confusion.mean.precision).toBeCloseTo(0.5, 12);
    expect(confusion.mean.support).toBe(6);
  });

  it("lists the most frequent confusion first", () => {
    expect(mostConfused(confusion, 1)).toEqual([{ expected: 0, predicted: 1, rows: 1 }]);
    expect(mostConfused(confusion, 9)).toHaveLength(2);
  });

  it("adds up for any predictions", () => {
    const pair = fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const [expected, predicted] = [pairs.map(([t]) => t), pairs.map(([, p]) => p)];
        const { counts, mean, accuracy, perClass } = confusionOf(["a", "b", "c", "d"], expected, predicted);
        const counted = pairs.filter(([t]) => t >= 0);
        expect(counts.flat().reduce((a, b) => a + b, 0)).toBe(counted.length);
        expect(mean.support).toBe(counted.length);
        // Recall, weighted by support, is the accuracy.
        const weighted = perClass.reduce((sum, { recall, support }) => sum + recall * support, 0);
        expect(weighted).toBeCloseTo(accuracy * counted.length, 9);
      }),
    );
  });
});

describe("predicted against true numbers", () => {
  it("computes errors by their definitions, and bands by true value", () => {
    const expected = [5, 1, 2, 3, 4];
    const predicted = [5, 2, 2, 3, 2];
    const { mae, rmse, r2 = NaN, errors, bands, rows } = agreementOf(expected, predicted);
    expect([mae, rows]).toEqual([3 / 5, 5]);
    expect(rmse).toBeCloseTo(1, 12);
    expect(r2).toBeCloseTo(1 - 5 / 10, 12);
    expect(errors.map(({ error }) => error)[2]).toBe(0);
    expect(bands.map(({ from, predicted }) => [from, predicted])).toEqual([
      [1, 2],
      [2, 2],
      [3, 3],
      [4, 2],
      [5, 5],
    ]);
  });

  it("has no r² where all true numbers are the same, and no band without rows", () => {
    const same = agreementOf([2, 2], [1, 3]);
    expect(same).not.toHaveProperty("r2");
    expect(same.bands.every(({ rows }) => rows > 0)).toBe(true);
  });
});

describe("a report", () => {
  const report: PredictionReport = {
    title: "iris & co",
    splits: [
      { split: "validation", classes: ["<setosa>", "b"], expected: [0, 1, 1], predicted: [0, 1, 0] },
      { split: "test", expected: [1, 2, 3], predicted: [1, 2.5, 2] },
    ],
  };

  it("is text with a table of metrics and a confusion matrix, or bands", () => {
    expect(reportFormats.txt(report)).toMatchInlineSnapshot(`
      "iris & co

      validation: 3 predictions, 66.7 % correct
      ┌──────────┬───────────┬────────┬────────┬─────────┐
      │ class    │ precision │ recall │     f1 │ support │
      ├──────────┼───────────┼────────┼────────┼─────────┤
      │ <setosa> │    0.5000 │ 1.0000 │ 0.6667 │       1 │
      │ b        │    1.0000 │ 0.5000 │ 0.6667 │       2 │
      ├──────────┼───────────┼────────┼────────┼─────────┤
      │ mean     │    0.7500 │ 0.7500 │ 0.6667 │       3 │
      └──────────┴───────────┴────────┴────────┴─────────┘

      validation: confusion matrix, true classes in rows, predicted classes in columns
      ┌──────────────────┬──────────┬───┐
      │ true \\ predicted │ <setosa> │ b │
      ├──────────────────┼──────────┼───┤
      │ <setosa>         │        1 │ 0 │
      │ b                │        1 │ 1 │
      └──────────────────┴──────────┴───┘

      test: 3 predictions
      ┌────────┬────────┬────────┬────────────┬─────────────┬─────────────┬─────────────┬─────────────┐
      │    mae │   rmse │     r2 │ error, 5 % │ error, 25 % │ error, 50 % │ error, 75 % │ error, 95 % │
      ├────────┼────────┼────────┼────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
      │ 0.5000 │ 0.6455 │ 0.3750 │    -0.9000 │     -0.5000 │           0 │      0.2500 │      0.4500 │
      └────────┴────────┴────────┴────────────┴─────────────┴─────────────┴─────────────┴─────────────┘

      test: errors by fifths of the rows, sorted by true value
      ┌───────────┬────┬──────┬───────────┬────────────────┬────────┐
      │ true from │ to │ rows │ mean true │ mean predicted │    mae │
      ├───────────┼────┼──────┼───────────┼────────────────┼────────┤
      │         1 │  1 │    1 │         1 │         1.0000 │ 0.0000 │
      │         2 │  2 │    1 │         2 │         2.5000 │ 0.5000 │
      │         3 │  3 │    1 │         3 │         2.0000 │ 1.0000 │
      └───────────┴────┴──────┴───────────┴────────────────┴────────┘
      "
    `);
  });

  it("writes numbers with the decimals of the data, and means and errors with one more", () => {
    const split = { split: "test", expected: [100, 250, 400], predicted: [110, 251, 390], decimals: 0 };
    const text = reportFormats.txt({ title: "prices", splits: [split] });
    expect(text).toMatch(/│ +100 │ 100 │ +1 │ +100\.0 │ +110\.0 │ +10\.0 │/);
    expect(text).toMatch(/│ 7\.0 │ +8\.2 │ 0\.9955 │ +-8\.9 │/);
  });

  it("is a well-formed picture, and a page with tables and pictures", async () => {
    expect(faultOfXml(reportFormats.svg(report))).toBeUndefined();
    const page = await reportFormats.html(report);
    expect(page.match(/<table>/g)).toHaveLength(4);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain("&lt;setosa&gt;");
    expect(page).not.toContain("<setosa>");
    // The policy allows the style of the page and that of its pictures, and nothing else.
    expect(page).toMatch(/content="default-src 'none'; style-src 'sha256-\S+ 'sha256-\S+; img-src data:/);
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|<script|<link|src=/);
  });

  it("is JSON with the same values", () => {
    const { splits } = JSON.parse(reportFormats.json(report));
    expect(splits[0]).toMatchObject({
      split: "validation",
      accuracy: 2 / 3,
      confusion: [
        [1, 0],
        [1, 1],
      ],
    });
    expect(splits[0].classes[0]).toEqual({
      name: "<setosa>",
      precision: 0.5,
      recall: 1,
      f1: 2 / 3,
      support: 1,
    });
    expect(splits[1]).toMatchObject({ split: "test", rows: 3, mae: 0.5 });
  });

  it("lists the most frequent confusions if a matrix would be too wide", () => {
    const classes = Array.from({ length: 40 }, (_, i) => `class ${i}`);
    const expected = classes.map((_, i) => i);
    const wide = {
      title: "many",
      splits: [{ split: "test", classes, expected, predicted: expected.map((i) => (i + 1) % 40) }],
    };
    expect(reportFormats.txt(wide)).toContain("test: most frequent confusions");
    expect(reportFormats.txt(wide)).not.toContain("true \\ predicted");
    expect(faultOfXml(reportFormats.svg(wide))).toBeUndefined();
  });
});
