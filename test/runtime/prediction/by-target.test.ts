// Predictions of several targets. If a test fails, a target gets the numbers, class names or units of another
// target, or the numbers of another row.
import { expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { DatasetContext } from "../../../src/runtime/data/dataset.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import { byTarget, predictEach, type TargetAnswer } from "../../../src/runtime/prediction/by-target.ts";
import { byScore, inTargetUnits } from "../../../src/runtime/prediction/interpretations.ts";

/** A base whose rows are row, row + 0.1, row + 0.2 …: the number before the point is the row. */
const flat = (width: number) => {
  const asked: object[] = [];
  return {
    name: "base",
    asked,
    predict(inputs: Record<string, ArrayLike<number>>) {
      asked.push(inputs);
      const rows = inputs["x"]?.length ?? 0;
      return Float64Array.from({ length: rows * width }, (_, i) => Math.floor(i / width) + (i % width) / 10);
    },
  };
};

test("each target gets its numbers of every row, in a separate array", () => {
  const base = flat(4);
  const trainer = byTarget(base, 4, (take) => ({ kind: take(0, 3), price: take(3, 1) }));
  const inputs = { x: [5, 6, 7] };
  const { kind, price } = trainer.predict(inputs);
  expect(base.asked).toEqual([inputs]);
  expect([...kind]).toEqual([0, 0.1, 0.2, 1, 1.1, 1.2, 2, 2.1, 2.2]);
  expect([...price]).toEqual([0.3, 1.3, 2.3]);
  // A live view of the arena would change with the next call.
  const again = trainer.predict({ x: [1] });
  expect([...again.price]).toEqual([0.3]);
  expect(kind).toHaveLength(9);
  expect(again.kind.buffer).not.toBe(again.price.buffer);
});

test("the trainer remains the same object, and keeps its other members", () => {
  const base = flat(2);
  const trainer = byTarget(base, 2, (take) => ({ a: take(0, 1), b: take(1, 1) }));
  expect(trainer.name).toBe("base");
  expect(trainer).toBe(base);
});

test("without rows the arrays are empty, and have the trainer's element type", () => {
  const single = { predict: () => Float32Array.of() };
  const { a } = byTarget(single, 2, (take) => ({ a: take(0, 1) })).predict({});
  expect(a).toEqual(new Float32Array(0));
});

const model: ModelFacts = {
  name: "m",
  specHash: "",
  dtype: "f64",
  target: "ts",
  batchSize: 2,
  inputs: { x: { shape: [], dtype: "f32" }, weight: { shape: [], dtype: "f32", onlyLoss: true } },
  targets: { kind: { shape: [], classes: 2 }, next: { shape: [2] }, place: { shape: [2] } },
  parameters: [],
};
const context: DatasetContext = {
  model,
  data: {
    inputs: { x: { columns: ["a"] }, weight: { columns: ["w"] } },
    targets: { kind: { columns: ["k"] }, next: { columns: ["n"] }, place: { columns: ["east", "north"] } },
  },
  training: { epochs: 1, seed: 1, shuffle: true, metrics: [], stratify: false },
  encoders: { columns: columnEncoder },
};
const fields = [
  { name: "x", columns: ["a"], scales: [{ shift: 0, span: 2 }] },
  { name: "weight", columns: ["w"] },
  { name: "kind", columns: ["k"], classNames: ["cat", "dog"] },
  { name: "next", columns: ["n"] },
  {
    name: "place",
    columns: ["east", "north"],
    scales: [
      { shift: 100, span: 10 },
      { shift: 0, span: 1 },
    ],
  },
];
/** `next` has no interpretation: its numbers are skipped. */
const answers: Record<string, TargetAnswer> = {
  kind: { answer: byScore, size: 2 },
  next: { size: 2 },
  place: { answer: inTargetUnits, size: 2 },
};
/** The scores of the classes are −x and x, the place is x and −x, and `next` is 77. */
const trainer = {
  predict: ({ x, ...others }: Record<string, ArrayLike<number>>) => {
    expect(Object.keys(others)).toEqual([]);
    expect(x.length).toBeLessThanOrEqual(2);
    return Float64Array.from(Array.from(x).flatMap((value) => [-value, value, 77, 77, value, -value]));
  },
};

test("each row has the columns of all targets that can be interpreted, in their classes and units", () => {
  const rows = predictEach(answers)(context, fields, parseCsv("b,a\n-,2\n-,-4\n-,6\n"), trainer);
  expect(rows).toEqual([
    ["k", "k_cat", "k_dog", "east", "north"],
    ["dog", -1, 1, 110, -1],
    ["cat", 2, -2, 80, 2],
    ["dog", -3, 3, 130, -3],
  ]);
});

test("classes without names are named by their numbers", () => {
  const unnamed = fields.map((field) =>
    field.name === "kind" ? { name: "kind", columns: ["k"], classNames: [] } : field,
  );
  const [heads, row] = predictEach(answers)(context, unnamed, parseCsv("a\n2\n"), trainer);
  expect(heads.slice(0, 3)).toEqual(["k", "k_0", "k_1"]);
  expect(row.slice(0, 3)).toEqual([1, -1, 1]);
});

test("a column of several targets has the name of the target in front", () => {
  const shared = fields.map((field) =>
    field.name === "place" ? { ...field, columns: ["k", "north"] } : field,
  );
  const [heads] = predictEach(answers)(context, shared, parseCsv("a\n2\n"), trainer);
  expect(heads).toEqual(["kind.k", "kind.k_cat", "kind.k_dog", "place.k", "north"]);
  // The columns of a target without an interpretation are not printed.
  const hidden = fields.map((field) => (field.name === "next" ? { ...field, columns: ["k"] } : field));
  const [plain] = predictEach(answers)(context, hidden, parseCsv("a\n2\n"), trainer);
  expect(plain[0]).toBe("k");
});

test("an error in a row is reported with its column, a missing column with its name", () => {
  const predict = (csv: string) => predictEach(answers)(context, fields, parseCsv(csv), trainer);
  expect(() => predict("b\n1\n")).toThrow('x needs the column "a"');
  expect(() => predict("a\n1\ntwo\n")).toThrow('column "a": "two" is not a number');
});
