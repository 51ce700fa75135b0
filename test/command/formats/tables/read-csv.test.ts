// The CSV reader of the command line. If a test fails, the reader disagrees with that of emitted programs, or
// reports a wrong location.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { inFile } from "../../../../src/command/formats/tables/open-bytes.ts";
import { readCsv } from "../../../../src/command/formats/tables/read-csv.ts";
import { expandRanges } from "../../../../src/command/formats/tables/column-builder.ts";
import type { Wanted } from "../../../../src/command/formats/tables/column-builder.ts";
import { DiagnosticError } from "../../../../src/compiler/diagnostics/errors.ts";
import type { Diagnostic } from "../../../../src/compiler/diagnostics/diagnostic.ts";
import { columnOf } from "../../../../src/runtime/data/fields.ts";
import { InputError } from "../../../../src/runtime/step/errors.ts";
import { parseCleaned, parseCsv } from "../../../support/parse-csv.ts";
import type { Table } from "../../../../src/runtime/data/table.ts";
import { model } from "../../../runtime/linear-machine.ts";
import { numbersIn } from "../../../support/numbers-in.ts";

const folder = mkdtempSync(join(tmpdir(), "read-csv-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Some columns of the tables below; some are read as strings. */
const wanted: Wanted = {
  model: { ...model, inputs: {}, targets: {} },
  data: {
    inputs: {
      numbers: { columns: ["a", "__proto__"] },
      texts: { columns: ['c "x"'], characters: { length: 9 } },
    },
    targets: { rest: { columns: ["b"] } },
  },
};

function fileOf(text: string): string {
  const file = join(folder, "data.csv");
  writeFileSync(file, text);
  return file;
}

const textsIn = (table: Table, name: string) =>
  Array.from({ length: table.rows }, (_, row) => columnOf(table, name).text(row));

async function faultsOf(text: string): Promise<readonly Diagnostic[]> {
  const caught: unknown = await readCsv(fileOf(text), wanted).catch((error: unknown) => error);
  return caught instanceof DiagnosticError ? caught.diagnostics : [];
}

test("both readers give the same table for any quotes and line ends", async () => {
  const cell = fc.oneof(
    fc.constantFrom("", "1", "-2.5", "a", 'say "x"', "two\nlines", "two\r\nlines", " 7 ", "a,b"),
    fc.string(),
  );
  const end = fc.constantFrom("\n", "\r\n", "\r");
  const quoted = fc.tuple(cell, fc.boolean()).map(([text, force]) => {
    return force || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  const row = fc.tuple(fc.array(quoted, { minLength: 3, maxLength: 3 }), end, fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), fc.boolean(), async (rows, bom) => {
      const body = rows
        .map(([cells, ending, blank]) => cells.join(",") + ending + (blank ? ending : ""))
        .join("");
      const text = `${bom ? "\ufeff" : ""}a,__proto__,"c ""x"""\n${body}`;
      const [ours, theirs] = [parseCsv(text), await readCsv(fileOf(text), wanted)];
      const linesOf = ({ rows, lineOf }: Table) => Array.from({ length: rows + 1 }, (_, i) => lineOf(i - 1));
      const namesOf = ({ columns }: Table) => [...columns.keys()];
      expect([namesOf(theirs), linesOf(theirs)]).toEqual([namesOf(ours), linesOf(ours)]);
      for (const name of ["a", "__proto__", 'c "x"']) {
        const own = numbersIn(ours, name);
        expect(numbersIn(theirs, name)).toEqual(own);
        if (name === 'c "x"') expect(textsIn(theirs, name)).toEqual(textsIn(ours, name));
        const odd = own.findIndex(Number.isNaN);
        if (odd >= 0) expect(columnOf(theirs, name).text(odd)).toBe(columnOf(ours, name).text(odd));
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["a stray quote", 'a,b\n1,2\n1,"x"y\n', "T2002", 3, "invalid quote"],
  ["an open quote", 'a,b\n1,2\n1,"x\n', "T2002", 3, "invalid quote"],
  ["a row too short", "a,b\n1,2\n1\n", "T2003", 3, "the row has 1 cells for 2 columns"],
  ["an empty file", "", "T2003", 1, "the file is empty: its first row must name the columns"],
  ["no rows", "a,b\n", "T2003", 1, "the file has no rows"],
  ["a name twice", "a,a\n1,2\n", "T2003", 1, 'two columns are named "a"'],
])("%s is reported on its line", async (_, text, code, line, message) => {
  const [first] = await faultsOf(text);
  expect(first).toMatchObject({ code, message, severity: "error", location: { line } });
  const inProgram = () => parseCsv(text);
  expect(inProgram).toThrow(InputError);
  expect(inProgram).toThrow(message);
});

test.each([
  ["Latin-1, decoded to U+FFFD", 'a,b\n\n"1","2"\n1,f\ufffdr\n', 4],
  ["the same in quotes", 'a,b\n"x\ny","2"\n1,"f\ufffd""r"\n', 4],
  ["JSON Lines", '{"a":1,"b":2}\n', 1],
  ["gzip data", "\x1f\ufffd\b\0", 1],
])("the readers of emitted programs report the line of %s", (_, text, line) => {
  const message = "invalid quote, or invalid UTF-8";
  for (const read of [parseCsv, (given: string) => parseCleaned(given, wanted.data)])
    expect(() => read(text)).toThrow(expect.objectContaining({ message, line }));
});

test("the first errors in rows are listed, the others counted", async () => {
  const faults = await faultsOf(`a,b\n${"1\n".repeat(9)}`);
  expect(faults).toHaveLength(5);
  expect(faults[0].notes).toEqual(["4 more rows have errors"]);
});

test("a missing file is a diagnostic", async () => {
  await expect(readCsv(join(folder, "missing.csv"), wanted)).rejects.toThrow(
    /T2001: cannot read .*missing\.csv/,
  );
});

test("an InputError becomes a diagnostic with the file; other errors pass unchanged", () => {
  const wrong = () =>
    inFile("d.csv", "T2004", () => {
      throw new InputError("no number", 4);
    });
  expect(wrong).toThrow(DiagnosticError);
  expect(wrong).toThrow("d.csv:4 error T2004: no number");
  expect(() =>
    inFile("d.csv", "T2004", () => {
      throw new RangeError("bug");
    }),
  ).toThrow(RangeError);
});

test("gzip data is unpacked whatever the name of the file; truncated data is reported", async () => {
  const text = "\ufeffa,b\n1,é\n";
  const file = fileOf(text);
  const numbersOf = async () => numbersIn(await readCsv(file, wanted), "a");
  const plain = await numbersOf();
  writeFileSync(file, gzipSync(text));
  expect(await numbersOf()).toEqual(plain);
  writeFileSync(file, gzipSync(text).subarray(0, 20));
  const caught: unknown = await readCsv(file, wanted).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(DiagnosticError);
  expect(String(caught)).toContain("data.csv error T2002: the gzip data is damaged or truncated");
});

test("a quoted empty cell is a row, even if the file has one column; an empty line is not", async () => {
  const single: Wanted = {
    model: { ...model, inputs: {}, targets: {} },
    data: { inputs: { x: { columns: ["a"] } }, targets: {} },
  };
  const text = 'a\n""\n\n1\n';
  for (const table of [parseCsv(text), await readCsv(fileOf(text), single)]) {
    expect([table.rows, table.lineOf(0), table.lineOf(1)]).toEqual([2, 2, 4]);
    expect(numbersIn(table, "a")).toEqual([NaN, 1]);
  }
});

test("a range of columns covers the same columns in a file with another order", async () => {
  const ranged: Wanted = {
    model: { ...model, inputs: {}, targets: {} },
    data: { inputs: { x: { columns: ["a..c"] } }, targets: { y: { columns: ["d"] } } },
  };
  const first = await readCsv(fileOf("a,b,c,d\n1,2,3,4\n"), ranged);
  const second = await readCsv(fileOf("b,d,c,a\n2,4,3,1\n"), expandRanges(ranged, [...first.columns.keys()]));
  for (const name of ["a", "b", "c", "d"]) expect(numbersIn(second, name)).toEqual(numbersIn(first, name));
});

test("a column that the model does not read takes no memory, and using it is an error", async () => {
  const { columns } = await readCsv(fileOf("a,other\n1,2\n"), wanted);
  expect(() => columns.get("other")?.number(0)).toThrow("a column is used that was not read");
});
