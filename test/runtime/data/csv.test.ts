// CSV that is read in pieces, and the columns that grow with it. If a test fails, a table depends on where
// the pieces end, a number or a text changes when it is stored, or a large file takes too much memory.
import fc from "fast-check";
import { expect, test } from "vitest";
import { csv } from "../../../src/runtime/data/csv.ts";
import { columnOf } from "../../../src/runtime/data/fields.ts";
import type { DataFacts } from "../../../src/runtime/data/fields.ts";
import { numberList, storedColumn } from "../../../src/runtime/data/stored-column.ts";
import { numberIn } from "../../../src/runtime/data/table.ts";
import type { Table } from "../../../src/runtime/data/table.ts";
import { cleanedCsv } from "../../../src/runtime/program/readers.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { numbersIn } from "../../support/numbers-in.ts";

/** All that a table contains. */
function contentOf(table: Table): unknown {
  const { rows, columns, lineOf } = table;
  const cells = [...columns].map(([name, { text }]) => [
    name,
    numbersIn(table, name),
    Array.from({ length: rows }, (_, row) => text(row)),
  ]);
  return [rows, cells, Array.from({ length: rows + 1 }, (_, row) => lineOf(row - 1))];
}

test("a table does not depend on the pieces in which its text arrives", () => {
  const cell = fc.oneof(
    fc.constantFrom(
      "",
      "1",
      "-2.50",
      "a",
      "é",
      '"say ""x"""',
      '"two\nlines"',
      '"two\r\nlines"',
      '"\r"',
      '"a,b"',
      '""',
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  const row = fc.tuple(
    fc.array(cell, { minLength: 2, maxLength: 2 }),
    fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
  );
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      fc.array(fc.nat(200), { maxLength: 12 }),
      (rows, hasMark, cuts) => {
        const body = rows.map(([cells, end]) => cells.join(",") + end).join("");
        const text = `${hasMark ? "\ufeff" : ""}a,"b\r\nc"\r\n${body}1,2`;
        const reader = csv({});
        const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
        places.slice(1).forEach((place, i) => reader.add(text.slice(places[i], place)));
        expect(contentOf(reader.end())).toEqual(contentOf(parseCsv(text)));
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["a quote inside a cell", ["a,b\n1,", "2\n3,x", '"y"\n5,6\n'], 3],
  ["text after a quoted cell", ["a,b\n1,2\n", '"3"', "4,5\n6,7\n"], 3],
  ["a quote without an end", ['a,b\n\n"x\ny",2\n3,"', "4\n5,6\n", "7,8\n"], 5],
  ["bytes that are not UTF-8", ["a,b\n1,f", "\ufffd\n1,2\n"], 2],
])("%s is reported with its line, wherever the text is cut", (_, pieces, line) => {
  const reader = csv({});
  const read = () => {
    pieces.forEach(reader.add);
    return reader.end();
  };
  expect(read).toThrow(expect.objectContaining({ message: "invalid quote, or invalid UTF-8", line }));
});

test("a quote without an end is reported before it has taken a large file into memory", () => {
  const reader = csv({});
  reader.add('a,b\n1,2\n3,"4\n');
  const piece = "5,6\n".repeat(1 << 20);
  const read = () => {
    for (let i = 0; i < 8; i++) reader.add(piece);
  };
  expect(read).toThrow(expect.objectContaining({ message: "invalid quote, or invalid UTF-8", line: 3 }));
});

test("a list returns the numbers that it was given, bit for bit", () => {
  const decimal = fc
    .tuple(fc.integer(), fc.integer({ min: 0, max: 12 }))
    .map(([whole, places]) => whole / 10 ** places);
  const number = fc.oneof(
    fc.double(),
    decimal,
    fc.constantFrom(-0, 0, 0.1, NaN, 2 ** 31, -(2 ** 31), 5e-324),
  );
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 60 }),
      (given, times) => {
        const numbers = Array.from({ length: times }, () => given).flat();
        const list = numberList();
        numbers.forEach(list.push);
        expect(numbers.map((_, i) => list.at(i))).toEqual(numbers);
      },
    ),
    { numRuns: 100 },
  );
});

test("a column of numbers has the text of the first cell of each kind that is not a number", () => {
  const column = storedColumn(numberIn, "numbers");
  ["1.50", "NA", "x", "NA", "2"].forEach(column.add);
  expect([0, 1, 2, 3, 4].map(column.number)).toEqual([1.5, NaN, NaN, NaN, 2]);
  expect([1, 2, 3].map(column.text)).toEqual(["NA", "x", ""]);
});

test("a column of texts has the text of every cell, and its number", () => {
  const column = storedColumn(numberIn, "texts");
  ["1.50", "x", "1.5", "x"].forEach(column.add);
  expect([0, 1, 2, 3].map(column.text)).toEqual(["1.50", "x", "1.5", "x"]);
  expect([0, 1, 2, 3].map(column.number)).toEqual([1.5, NaN, 1.5, NaN]);
});

const facts: DataFacts = {
  inputs: { x: { columns: ["a..b"] } },
  targets: { y: { columns: ["kind"] } },
  reads: { numbers: ["a..b"], texts: ["kind"] },
};

test.each([csv, cleanedCsv])("only the columns that the data section names are stored", (format) => {
  const reader = format(facts);
  reader.add("a,b,other,kind\n1,2,3,yes\n");
  const table = reader.end();
  expect([...table.columns.keys()]).toEqual(["a", "b", "other", "kind"]);
  expect(numbersIn(table, "other")).toEqual([NaN]);
  expect(numbersIn(table, "b")).toEqual([2]);
  expect(columnOf(table, "kind").text(0)).toBe("yes");
});

test("rows to predict may have their columns in another order than a range", () => {
  const reader = csv(facts, "rows.csv");
  reader.add("b,c,a\n1,2,3\n");
  const table = reader.end();
  for (const [name, value] of [
    ["a", 3],
    ["b", 1],
    ["c", 2],
  ] as const)
    expect(numbersIn(table, name)).toEqual([value]);
});
