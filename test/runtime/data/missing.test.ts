// The treatment of missing values. If a test fails, a mean depends on validation or test rows, or a dropped
// row shifts the labels. The loss would not show either error.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseCleaned } from "../../support/parse-csv.ts";
import { columnEncoder, isMissing, meanEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { DataFacts } from "../../../src/runtime/data/fields.ts";
import type { ModelFacts, TrainingFacts } from "../../../src/runtime/model/facts.ts";
import { prepareTable } from "../../support/prepare-table.ts";
import { model as lineModel, training } from "../linear-machine.ts";

const model: ModelFacts = {
  ...lineModel,
  inputs: { size: { shape: [2], dtype: "f32" } },
  targets: { price: { shape: [] } },
};
const facts = (more: object, target: object = {}): DataFacts => ({
  inputs: { size: { columns: ["a", "b"], ...more } },
  targets: { price: { columns: ["price"], ...target } },
});
const prepare = (text: string, more: object, parts: Partial<TrainingFacts> = {}, seed = 7) =>
  prepareTable(model, facts(more), { ...training, ...parts }, seed, text, {
    encoders: { mean: meanEncoder, columns: columnEncoder },
  });

test.each(["", "  ", "NA", "n/a", "NaN", "null", "NULL", " ? "])("%j is missing", (cell) => {
  expect(isMissing(cell)).toBe(true);
});
test.each(["0", "-", "none", "nano", "a", "NA1", "??"])("%j is not missing", (cell) => {
  expect(isMissing(cell)).toBe(false);
});

test("the mean replaces a missing value before scaling", () => {
  const text = "a,b,price\n1,10,1\n,20,2\n5,NA,3\n";
  const { train, fields } = prepare(text, { mean: true });
  expect(train["size"]).toEqual(Float64Array.of(1, 10, 3, 20, 5, 15));
  expect(fields[0].means).toEqual([3, 15]);
  const scaled = prepare(text, { mean: true, scale: "standard" });
  const deviation = Math.sqrt(8 / 3);
  expect(scaled.fields[0].scales?.[0]).toEqual({ shift: 3, span: deviation });
  expect(scaled.train["size"][2]).toBe(0);
});

test("the mean is that of the training split", () => {
  const rows = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? `,${i},${i}` : `${i},${i},${i}`));
  const text = (moved: (i: number) => boolean) =>
    `a,b,price\n${rows.map((row, i) => (moved(i) && i % 4 > 0 ? `${i + 1e6},${i},${i}` : row)).join("\n")}\n`;
  const parts = { test: 0.25, validation: 0.25 };
  const before = prepare(
    text(() => false),
    { mean: true },
    parts,
  );
  const inTraining = new Set(Array.from(before.train["price"]));
  const after = prepare(
    text((i) => !inTraining.has(i)),
    { mean: true },
    parts,
  );
  expect(after.fields).toEqual(before.fields);
  expect(after.train).toEqual(before.train);
  expect(after.test).not.toEqual(before.test);
});

test("a cell that is neither a number nor missing is an error under any policy, and so is a column without values", () => {
  expect(() => prepare("a,b,price\n1,1,1\n,two,2\n", { mean: true })).toThrow(
    expect.objectContaining({ message: 'column "b": "two" is not a number', line: 3 }),
  );
  // The error must be the first such cell in the file, not "no value in the training split".
  const commas = "a,b,price\n1,NA,1\n1,x62.8,2\n1,62.882,3\n1,x62.8,4\n";
  for (const seed of [1, 2, 3, 4])
    expect(() => prepare(commas, { mean: true }, { test: 0.25, validation: 0.25 }, seed)).toThrow(
      expect.objectContaining({ message: 'column "b": "x62.8" is not a number', line: 3 }),
    );
  expect(() => prepare("a,b,price\n,1,1\n,2,2\n", { mean: true })).toThrow(
    'column "a" has no value in the training split, so it has no mean',
  );
});

test("without a policy a missing value is an error with its line", () => {
  expect(() => prepare("a,b,price\n1,1,1\n1,NA,2\n", {})).toThrow(
    expect.objectContaining({ message: 'column "b": "NA" is not a number', line: 3 }),
  );
});

let reported = "";
beforeEach(() => {
  reported = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    reported += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test("rows with missing values are dropped before the split, and counted; the other rows keep their line numbers", () => {
  const text = "a,b,price\n1,10,1\n?,20,2\n5,NA,3\n7,70,\n9,x,5\n";
  const table = parseCleaned(text, facts({ drop: true }, { drop: true }));
  expect(table.rows).toBe(2);
  expect([0, 1].map((row) => table.lineOf(row))).toEqual([2, 6]);
  expect(reported).toBe("3 of 5 rows have a missing value and are dropped\n");
  expect(parseCleaned(text, facts({ drop: true })).rows).toBe(3);
});

test("a row that is too short is an error, not a row with missing values; and at least one row must remain", () => {
  expect(() => parseCleaned("a,b,price\n1,2,3\n1\n", facts({ drop: true }))).toThrow(
    expect.objectContaining({ message: "the row has 1 cells for 3 columns", line: 3 }),
  );
  expect(() => parseCleaned("a,b,price\nNA,2,3\n", facts({ drop: true }))).toThrow(
    'every row has a missing value; "drop" would remove them all',
  );
});

test.each([";", "\t", "|"])("cells are separated by %j if the spec says so", (separator) => {
  const text = `\ufeffa;b;price\r\n1;"2;5";3\n`.replaceAll(";", separator);
  const table = parseCleaned(text, { ...facts({}), separator });
  expect([...table.columns.keys()]).toEqual(["a", "b", "price"]);
  expect(table.columns.get("b")?.text(0)).toBe(`2${separator}5`);
});
