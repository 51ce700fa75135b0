// The detection of a CSV file's separators and number format. If a test fails, `tapeless init` writes a spec
// that reads several columns as one, or a decimal comma as a thousands separator.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sniffCsv } from "../../../src/command/init/sniff-csv.ts";

const folder = mkdtempSync(join(tmpdir(), "sniff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function formOf(text: string) {
  const file = join(folder, "rows.csv");
  writeFileSync(file, text);
  return sniffCsv(file);
}

test.each<[string, string, object]>([
  ["commas", "a,b\n1,2\n", { separator: ",", numbers: {} }],
  ["semicolons, with commas in quotes", 'a;b\n"x, y, z";2\n', { separator: ";", numbers: {} }],
  ["tabs", "a\tb\n1,5\t2\n", { separator: "\t", numbers: { decimal: "," } }],
  ["bars", "a|b\n1|2\n", { separator: "|", numbers: {} }],
  ["one column", "a\n1\n", { separator: ",", numbers: {} }],
  ["line breaks in quotes", 'a;b\n"x\ny";2\n', { separator: ";", numbers: {} }],
  ["decimal commas", "a;b\n1,5;2\n3;4,25\n", { separator: ";", numbers: { decimal: "," } }],
  [
    "decimal commas and points between thousands",
    "a;b\n1,5;1.200\n3;4,25\n",
    { separator: ";", numbers: { decimal: ",", thousands: "." } },
  ],
  [
    "commas between thousands",
    'a,b\n"1,200",3.5\n"4,000,000",1\n',
    { separator: ",", numbers: { thousands: "," } },
  ],
  [
    "commas with three digits after each",
    "a;b\n4,123;2\n12,001;950\n",
    { separator: ";", numbers: { thousands: "," }, isDoubtful: true },
  ],
  ["a comma after a zero", "a;b\n4,123;0,500\n", { separator: ";", numbers: { decimal: "," } }],
  [
    "another count of digits in another column",
    "a;b\n4,123;1,5\n",
    { separator: ";", numbers: { decimal: "," } },
  ],
  [
    "four digits before the comma",
    "a;b\n4,123;2\n1234,567;3\n",
    { separator: ";", numbers: { decimal: "," } },
  ],
  [
    "spaces between thousands",
    "a;b\n1 200,5;3\n2;1\n",
    { separator: ";", numbers: { decimal: ",", thousands: " " } },
  ],
  ["plain numbers with three decimals", "a;b\n1.200;3\n2.125;1\n", { separator: ";", numbers: {} }],
  ["missing values do not count", "a;b\nNA;1,5\n;2\n", { separator: ";", numbers: { decimal: "," } }],
  ["texts are not numbers", "a;b\nx;1.5\ny;2\n", { separator: ";", numbers: {} }],
])("%s", async (_, text, expected) => expect(await formOf(text)).toEqual(expected));

test("a file that is longer than the sample, which is cut inside a quoted cell", async () => {
  const row = `1,5;"${"text; with, marks\n".repeat(20)}"\n`;
  expect(await formOf(`a;b\n${row.repeat(2000)}`)).toEqual({ separator: ";", numbers: { decimal: "," } });
});

test("commas are those of decimals if a cell behind the sample shows it", async () => {
  const rows = "4,123;5\n".repeat(40_000);
  expect(await formOf(`a;b\n${rows}`)).toEqual({
    separator: ";",
    numbers: { thousands: "," },
    isDoubtful: true,
  });
  const decimal = { separator: ";", numbers: { decimal: "," } };
  expect(await formOf(`a;b\n${rows}4,1;5\n`)).toEqual(decimal);
  expect(await formOf(`a;b\n${rows}0,123;5\n`)).toEqual(decimal);
  expect(await formOf(`a;b\n${rows}some text;5\n`)).toEqual({
    separator: ";",
    numbers: { thousands: "," },
    isDoubtful: true,
  });
});
