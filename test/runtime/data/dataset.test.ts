// The conversion of columns to batches. If a test fails, scaling depends on the test split, or classes have
// another order. The loss would not show either error.
import { expect, test } from "vitest";
import type { Dataset } from "../../../src/runtime/data/dataset.ts";
import type { DataFacts } from "../../../src/runtime/data/fields.ts";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { ModelFacts, TrainingFacts } from "../../../src/runtime/model/facts.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { rowsOf, slotsOf, writeRows } from "../../../src/runtime/step/batch.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { linearMachine, model as lineModel, training } from "../linear-machine.ts";

const flowers: ModelFacts = {
  ...lineModel,
  inputs: { size: { shape: [2], dtype: "f32" } },
  targets: { kind: { shape: [], classes: 2 } },
};
const columns: DataFacts = {
  inputs: { size: { columns: ["a", "b"] } },
  targets: { kind: { columns: ["kind"] } },
};
const prepare = (
  text: string,
  data = columns,
  facts: Partial<TrainingFacts> = {},
  model = flowers,
): Dataset => prepareTable(model, data, { ...training, ...facts }, 7, text);
/** The fitted preprocessing of an input or target. */
const settled = ({ fields }: Dataset, name: string) => fields.find((field) => field.name === name);
const small = "a,b,kind\n1,10,yes\n2,20,no\n3,30,yes\n4,40,no\n";

test("columns follow each other; text classes are numbered in sorted order and keep their names", () => {
  const dataset = prepare(small);
  const { train, validation, test } = dataset;
  expect([...Array.from(train["size"])]).toEqual([1, 10, 2, 20, 3, 30, 4, 40]);
  expect(Array.from(train["kind"])).toEqual([1, 0, 1, 0]);
  expect(settled(dataset, "kind")?.classNames).toEqual(["no", "yes"]);
  expect([validation, test]).toEqual([undefined, undefined]);
});

test("classes may be numbers, including -1", () => {
  const dataset = prepare("a,b,kind\n1,1,0\n2,2,-1\n3,3,1\n");
  expect(Array.from(dataset.train["kind"])).toEqual([0, -1, 1]);
  expect(settled(dataset, "kind")?.classNames).toEqual([]);
});

test("a range of columns follows the order of the file; a column with the range's text as its name has priority", () => {
  const model = { ...flowers, inputs: { size: { shape: [3], dtype: "f32" } } };
  const data = { ...columns, inputs: { size: { columns: ["p0..p2"] } } };
  const row = (text: string) => Array.from(prepare(text, data, {}, model).train["size"]);
  expect(row("p0,odd,p2,kind\n1,2,3,0\n")).toEqual([1, 2, 3]);
  const named = { ...flowers, inputs: { size: { shape: [], dtype: "f32" } } };
  expect(Array.from(prepare("p0,p0..p2,p2,kind\n1,2,3,0\n", data, {}, named).train["size"])).toEqual([2]);
});

test("columns and classes may have the names of properties that all objects have", () => {
  const data = {
    inputs: { size: { columns: ["__proto__", "constructor"] } },
    targets: { kind: { columns: ["toString"] } },
  };
  const dataset = prepare("__proto__,constructor,toString\n1,2,__proto__\n3,4,valueOf\n", data);
  expect(Array.from(dataset.train["size"])).toEqual([1, 2, 3, 4]);
  expect(settled(dataset, "kind")?.classNames).toEqual(["__proto__", "valueOf"]);
});

test.each(["standard", "min-max"] as const)("%s scaling is fitted to the training split only", (scale) => {
  const data: DataFacts = { ...columns, inputs: { size: { columns: ["a", "b"], scale } } };
  const rows = Array.from({ length: 40 }, (_, i) => [i * i, 5, i % 2]);
  const text = (values: number[][]) => `a,b,kind\n${values.map((row) => row.join()).join("\n")}`;
  const facts = { test: 0.25, validation: 0.25, stratify: true };
  const dataset = prepare(text(rows), data, facts);
  const { train } = dataset;
  const [scale0] = settled(dataset, "size")?.scales ?? [];
  const first = Array.from(train["size"]).filter((_, i) => i % 2 === 0);
  const mean = first.reduce((a, b) => a + b) / first.length;
  if (scale === "min-max") expect([Math.min(...first), Math.max(...first)]).toEqual([0, 1]);
  else {
    expect(mean).toBeCloseTo(0, 12);
    expect(first.reduce((sum, x) => sum + x * x, 0) / first.length).toBeCloseTo(1, 12);
  }
  // A constant column becomes zero, not NaN.
  expect(
    Array.from(train["size"])
      .filter((_, i) => i % 2 === 1)
      .every((x) => x === 0),
  ).toBe(true);
  // Rows outside the training split are moved by a million, which must not change the training split.
  const inTraining = new Set(first.map((x) => Math.round(Math.sqrt(x * scale0.span + scale0.shift))));
  const moved = rows.map(([a, b, kind], i) => (inTraining.has(i) ? [a, b, kind] : [a + 1e6, b, kind]));
  const again = prepare(text(moved), data, facts);
  expect(again.fields).toEqual(dataset.fields);
  expect(again.train).toEqual(train);
  expect(again.test).not.toEqual(prepare(text(rows), data, facts).test);
});

test("divide divides, and f32 models get f32 values", () => {
  const data: DataFacts = { ...columns, inputs: { size: { columns: ["a", "b"], scale: { divide: 16 } } } };
  const { train } = prepare("a,b,kind\n16,8,0\n", data, {}, { ...flowers, dtype: "f32" });
  expect(train["size"]).toEqual(Float32Array.of(1, 0.5));
});

test("a value that f32 cannot represent is an error with its line in every split, unless scaling makes it representable", () => {
  const model: ModelFacts = { ...flowers, dtype: "f32" };
  const text = "a,b,kind\n1,2,0\n1,1e39,1\n3,4,0\n5,6,1\n";
  for (const facts of [{}, { test: 0.5 }, { validation: 0.5 }]) {
    const large = () => prepare(text, columns, facts, model);
    expect(large).toThrow(InputError);
    expect(large).toThrow(
      expect.objectContaining({ message: 'column "b": 1e+39 is too large for f32', line: 3 }),
    );
  }
  const scaled = (divide: number): DataFacts => ({
    ...columns,
    inputs: { size: { columns: ["a", "b"], scale: { divide } } },
  });
  expect(prepare(text, scaled(1e30), {}, model).train["size"][3]).toBe(1e9);
  expect(() => prepare(text, scaled(0.1), {}, model)).toThrow("1e+39, scaled, is too large for f32");
  expect(prepare(text).train["size"][3]).toBe(1e39);
});

test("indices are checked against the vocabulary", () => {
  const model = { ...flowers, inputs: { size: { shape: [2], dtype: "i32", vocabulary: 5 } } };
  expect(() => prepare("a,b,kind\n1,4,0\n1,5,0\n", columns, {}, model)).toThrow(
    'column "b": 5 is not an index from 0 to 4',
  );
});

const wide = { ...columns, inputs: { size: { columns: ["a"] } } };
const backward = { ...columns, inputs: { size: { columns: ["b..a"] } } };
test.each<[string, string, string, number | undefined, DataFacts?]>([
  ["a missing column", "a,c,kind\n1,2,0\n", 'size needs the column "b", but the data has a, c, kind', 1],
  ["too few columns", small, "size has 2 numbers per row, but its columns have 1: a", 1, wide],
  [
    "a range in the wrong order",
    small,
    'size needs the column "b..a", but the data has a, b, kind',
    1,
    backward,
  ],
  ["text among numbers", "a,b,kind\n1,2,0\n1,two,1\n", 'column "b": "two" is not a number', 3],
  ["NaN", "a,b,kind\n1,2,0\nNaN,2,1\n", 'column "a": "NaN" is not a number', 3],
  ["infinity", "a,b,kind\n1,2,0\n1,Infinity,1\n", 'column "b": "Infinity" is not a number', 3],
  [
    "a number that no double can hold",
    "a,b,kind\n1,2,0\n1,-1e999,1\n",
    'column "b": "-1e999" is too large',
    3,
  ],
  ["a missing value", "a,b,kind\n1,2,0\n,2,1\n", 'column "a": the cell is empty', 3],
  ["a missing class", "a,b,kind\n1,2,no\n1,2,\n3,4,yes\n", 'column "kind": the cell is empty', 3],
  [
    "a class out of range",
    "a,b,kind\n1,2,0\n1,2,2\n",
    'column "kind": 2 is not a class from 0 to 1 (or -1: ignored)',
    3,
  ],
  ["half a class", "a,b,kind\n1,2,0.5\n", 'column "kind": 0.5 is not a class from 0 to 1', 2],
  [
    "too many class names",
    "a,b,kind\n1,2,x\n1,2,y\n1,2,z\n",
    'kind has 2 classes, but column "kind" has 3: "x", "y", "z"',
    4,
  ],
  [
    "a class name with a space before it",
    "a,b,kind\n1,2,y\n1,2,x\n\n1,2, x\n1,2,x\n",
    'kind has 2 classes, but column "kind" has 3: "y", "x", " x"',
    5,
  ],
  ["too few class names", "a,b,kind\n1,2,x\n1,2,x\n", 'kind has 2 classes, but column "kind" has 1: "x"', 1],
])("%s is an error with its line", (_, text, message, line, data) => {
  let caught: unknown;
  try {
    prepare(text, data);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(InputError);
  expect(caught).toMatchObject({ line });
  expect(String(caught)).toContain(message);
});

test("lines are counted correctly if quoted cells contain line ends", () => {
  const text = 'note,a,b,kind\n"two\nlines",1,2,0\n\n"x",1,bad,1\n';
  expect(() => prepare(text)).toThrow(expect.objectContaining({ line: 5 }));
  const { lineOf } = parseCsv(text);
  expect([-1, 0, 1].map(lineOf)).toEqual([1, 2, 5]);
});

const houses: ModelFacts = {
  ...flowers,
  inputs: { rooms: { shape: [2], dtype: "i32" }, area: { shape: [], dtype: "f32" } },
  targets: { prices: { shape: [2] } },
};
const houseColumns: DataFacts = {
  inputs: { rooms: { columns: ["beds", "baths"] }, area: { columns: ["area"], scale: { divide: 100 } } },
  targets: { prices: { columns: ["low..high"], scale: { divide: 1000 } } },
};
const houseText = "beds,area,low,high,baths\n3,50,1000,2000,1\n16777217,250,3000,5000,2\n";

test("several inputs, and a target of several columns, each take their own columns in the listed order", () => {
  const { train } = prepare(houseText, houseColumns, {}, houses);
  expect(Object.keys(train)).toEqual(["rooms", "area", "prices"]);
  expect(Array.from(train["area"])).toEqual([0.5, 2.5]);
  expect(Array.from(train["prices"])).toEqual([1, 2, 3, 5]);
});

test("indices are exact in an f32 model, although f32 cannot represent 16777217", () => {
  const { train } = prepare(houseText, houseColumns, {}, { ...houses, dtype: "f32" });
  expect(train["rooms"]).toEqual(Int32Array.of(3, 1, 16777217, 2));
});

test("inputs of indices pass the trainer's checks", () => {
  const { train } = prepare(houseText, houseColumns, {}, houses);
  const view = { rooms: new Int32Array(8), area: new Float64Array(4), prices: new Float64Array(8) };
  const slots = slotsOf(houses, { ...linearMachine(0.1), inputs: view });
  expect(rowsOf(slots, train)).toBe(2);
  writeRows(slots, train, 0, 2);
  expect([...view.rooms]).toEqual([3, 1, 16777217, 2, 0, 0, 0, 0]);
  expect([...view.prices.subarray(0, 4)]).toEqual([1, 2, 3, 5]);
});

test.each<[string, string]>([
  ["a fraction", "0.5"],
  ["text", "many"],
  ["more than 32 bits", "2147483648"],
])("%s is not an index", (_, cell) => {
  expect(() => prepare(`beds,area,low,high,baths\n${cell},1,2,3,1\n`, houseColumns, {}, houses)).toThrow(
    'column "beds": ',
  );
});

test.each(["standard", "min-max"] as const)("a real target is scaled by the training split: %s", (scale) => {
  const data: DataFacts = { ...houseColumns, targets: { prices: { columns: ["low", "high"], scale } } };
  const rows = Array.from({ length: 30 }, (_, i) => `1,1,${i},${7 * i},1`);
  const dataset = prepare(`beds,area,low,high,baths\n${rows.join("\n")}`, data, { test: 0.5 }, houses);
  const scales = settled(dataset, "prices")?.scales ?? [];
  for (const column of [0, 1]) {
    const of = (part: ArrayLike<number> = []) => Array.from(part).filter((_, i) => i % 2 === column);
    const train = of(dataset.train["prices"]);
    const centre = scale === "min-max" ? Math.min(...train) : train.reduce((a, b) => a + b) / train.length;
    expect(centre).toBeCloseTo(0, 12);
    // Converted back to original units, the test split has the values of the file.
    for (const value of of(dataset.test?.["prices"])) {
      const own = value * scales[column].span + scales[column].shift;
      const i = column === 0 ? own : own / 7;
      expect(Math.abs(i - Math.round(i))).toBeLessThan(1e-9);
    }
  }
});

test("several columns of classes share their names; the splits are then not stratified", () => {
  const model = { ...flowers, targets: { kind: { shape: [2], classes: 3 } } };
  const data = { ...columns, targets: { kind: { columns: ["first", "second"] } } };
  const text = "a,b,first,second\n1,1,x,z\n2,2,y,x\n";
  const { train } = prepare(text, data, { stratify: true }, model);
  expect(train["kind"]).toEqual(Int32Array.of(0, 2, 1, 0));
});

test("text in a real target is an error", () => {
  const model = { ...flowers, targets: { kind: { shape: [] } } };
  expect(() => prepare(small, columns, {}, model)).toThrow('column "kind": "yes" is not a number');
});
