// Predictions as classes or as numbers in original units. If a test fails, the named class is not the most
// likely one, a number is not in original units, or a row gets another row's prediction.
import { describe, expect, it, test } from "vitest";
import {
  byMargin,
  byProbability,
  byScore,
  bySecondLogit,
  bySecondStep,
  inTargetUnits,
  ofLogarithm,
  ofLogit,
} from "../../../src/runtime/prediction/interpretations.ts";
import { csvText, predictBy } from "../../../src/runtime/prediction/predictions.ts";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { DatasetContext } from "../../../src/runtime/data/dataset.ts";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import { parseCsv } from "../../support/parse-csv.ts";

describe("predictions", () => {
  const classes = ["cat", "dog"];
  it("name the most likely class, with the probabilities of all", () => {
    const [name, ...shares] = byProbability([1, 3, 2], ["a", "b", "c"]);
    expect(name).toBe("b");
    expect(shares).toEqual([0.09003057, 0.665241, 0.2447285]);
    expect(byProbability([1000, -1000], classes)).toEqual(["cat", 1, 0]);
    expect(byProbability([0, 0], classes)).toEqual(["cat", 0.5, 0.5]);
  });
  it("name the class of the highest score", () => {
    expect(byScore([-4, -3.5], classes)).toEqual(["dog", -4, -3.5]);
  });
  it("distinguish two classes by one number", () => {
    expect(bySecondLogit([2], classes)).toEqual(["dog", 0.1192029, 0.8807971]);
    expect(bySecondLogit([-2], classes)[0]).toBe("cat");
    expect(bySecondStep([0], classes)).toEqual(["cat", 1, 0]);
    expect(bySecondStep([1], classes)).toEqual(["dog", 0, 1]);
    expect(byMargin([0.25], classes)).toEqual(["dog", -0.25, 0.25]);
    expect(byMargin([-0.25], classes)).toEqual(["cat", 0.25, -0.25]);
  });
  it("are in original units for real targets", () => {
    expect(inTargetUnits([1.5], [], { shift: 100, span: 20 })).toEqual([130]);
    expect(inTargetUnits([1.5], [])).toEqual([1.5]);
    expect(ofLogarithm([Math.log(7)], [])).toEqual([7]);
    expect(ofLogit([0], [])).toEqual([0.5]);
  });
});

const model: ModelFacts = {
  name: "m",
  specHash: "",
  dtype: "f64",
  target: "ts",
  batchSize: 2,
  inputs: { x: { shape: [2], dtype: "f32" }, weight: { shape: [], dtype: "f32", onlyLoss: true } },
  targets: { y: { shape: [2] } },
  parameters: [],
};
const context: DatasetContext = {
  model,
  data: {
    inputs: { x: { columns: ["a", "b"] }, weight: { columns: ["w"] } },
    targets: { y: { columns: ["sum", "difference"] } },
  },
  training: { epochs: 1, seed: 1, shuffle: true, metrics: [], stratify: false },
  encoders: { columns: columnEncoder },
};
const fields = [
  {
    name: "x",
    columns: ["a", "b"],
    scales: [
      { shift: 1, span: 1 },
      { shift: 0, span: 2 },
    ],
  },
  { name: "weight", columns: ["w"] },
  {
    name: "y",
    columns: ["sum", "difference"],
    scales: [
      { shift: 0, span: 10 },
      { shift: 5, span: 1 },
    ],
  },
];
/** Predicts the sum and the difference of the two scaled inputs, for at most `batchSize` rows at a time. */
const trainer = {
  predict: ({ x, ...others }: Record<string, ArrayLike<number>>) => {
    expect(Object.keys(others)).toEqual([]);
    expect(x.length).toBeLessThanOrEqual(4);
    return Float64Array.from(x, (value, i) => (i % 2 === 0 ? value + x[i + 1] : x[i - 1] - value));
  },
};
const predict = (csv: string) => predictBy(inTargetUnits)(context, fields, parseCsv(csv), trainer);

test("rows are predicted in the order of the file, from the inputs only, each column in its original units", () => {
  expect(predict("b,c,a\n4,-,3\n0,-,1\n2,-,2\n0,-,0\n2,-,5\n")).toEqual([
    ["sum", "difference"],
    [40, 5],
    [0, 5],
    [20, 5],
    [-10, 4],
    [50, 8],
  ]);
});

test("an error in a row is reported with its line, a missing column with its name", () => {
  expect(() => predict("a\n1\n")).toThrow('x needs the column "b"');
  expect(() => predict("a,b\n1,2\n1,two\n")).toThrow('column "b": "two" is not a number');
  expect(() => predict("a,b\n")).toThrow("no rows");
});

test("cells are quoted if a CSV reader would otherwise misread them", () => {
  expect(
    csvText([
      ["a", "b,c"],
      ['say "x"', 0.5],
      ["two\nlines", "plain"],
    ]),
  ).toBe('a,"b,c"\n"say ""x""",0.5\n"two\nlines",plain');
});
