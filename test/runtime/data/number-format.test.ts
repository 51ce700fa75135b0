// Numbers with thousands separators and decimal commas. If a test fails, a price of 1.234 thousand is read as
// 1.234, or an error goes unnoticed.
import { expect, test } from "vitest";
import { numberReader, withNumberFormat } from "../../../src/runtime/data/number-format.ts";
import type { NumberFormat } from "../../../src/runtime/data/number-format.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { numberIn } from "../../../src/runtime/data/table.ts";

const german: NumberFormat = { decimal: ",", thousands: "." };

test.each<[string, NumberFormat, number]>([
  ["1.234,56", german, 1234.56],
  ["-1.234.567", german, -1234567],
  ["1234,5", german, 1234.5],
  [" 12 ", german, 12],
  [",5", german, 0.5],
  ["5,", german, 5],
  ["1,5e3", german, 1500],
  ["+0,25", german, 0.25],
  ["1,234.5", { thousands: "," }, 1234.5],
  ["1 234,5", { decimal: ",", thousands: " " }, 1234.5],
  ["1\u202f234\u00a0567,5", { decimal: ",", thousands: " " }, 1234567.5],
  ["1’234.50", { thousands: "'" }, 1234.5],
  ["1_000", { thousands: "_" }, 1000],
  ["3,5", { decimal: "," }, 3.5],
])("%s in %j is %d", (text, format, number) => expect(numberReader(format)(text)).toBe(number));

test.each<[string, NumberFormat]>([
  ["1.23", german],
  ["1.2345", german],
  ["1234.567", german],
  ["1.234.56", german],
  [".123", german],
  ["1,2,3", german],
  ["", german],
  [",", german],
  ["-", german],
  ["1e999", german],
  ["0x10", german],
  ["12 %", german],
  ["1.5", { decimal: "," }],
  ["1,5", {}],
  ["NaN", {}],
])("%s in %j is not a number", (text, format) => expect(numberReader(format)(text)).toBeNaN());

test("numbers in the usual format are the same as without a format", () => {
  const read = numberReader({});
  for (const text of [
    "7",
    "-0.5",
    "1e-3",
    "010",
    "1.7976931348623157e308",
    ".5",
    "5.",
    "0.1234567890123456789",
  ])
    expect(read(text)).toBe(numberIn(text));
});

test("a table keeps its texts", () => {
  const { number, text } =
    withNumberFormat(parseCsv('a\n"1.000,5"\nx\n'), german).columns.get("a") ?? expect.unreachable();
  expect([number(0), number(1)]).toEqual([1000.5, NaN]);
  expect([text(0), text(1)]).toEqual(["1.000,5", "x"]);
});
