// Readers for the CSV files of a program.
import { columnFactsOf, namedBy } from "../data/fields.ts";
import type { ColumnFacts, DataFacts } from "../data/fields.ts";
import { isMissing } from "../data/column-encoder.ts";
import { numberReader } from "../data/number-format.ts";
import { csv } from "../data/csv.ts";
import type { TextFormat, TextReader } from "../data/csv.ts";
import { numberIn } from "../data/table.ts";
import type { Source } from "../data/dataset.ts";
import { InputError } from "../step/errors.ts";
import { eachPiece } from "./files.ts";
import { locateErrors, say } from "./program.ts";
import type { DataReader, Program } from "./program.ts";

/** Reads all rows from one file. */
export const csvFile = (format: TextFormat): DataReader => ({
  help: "FILE          CSV in UTF-8 with a header row (required)",
  async read({ data }, { "--predict": predictedFile, "--data": file = predictedFile, "--out": out }) {
    if (file === undefined) throw new InputError("--data FILE is required (see --help)");
    const reader = format(data, predictedFile);
    await eachPiece(file, (piece) => locateErrors(file, () => reader.add(piece)), out);
    return { file, table: locateErrors(file, () => reader.end()) };
  },
});

/**
 * The format for a spec whose data file is not CSV. `tapeless train` reads that format, but this program reads only
 * CSV with the same columns.
 */
export const csvOnly =
  (format: TextFormat): TextFormat =>
  (...facts) => {
    const { add, end } = format(...facts);
    let isFirst = true;
    return {
      add(piece) {
        if (isFirst && /^(PAR1|PK\x03|.NUMPY|\x1f|\s*[{[])/.test(piece))
          throw new InputError("this program reads only CSV: convert the file, or use `tapeless train`");
        isFirst = false;
        add(piece);
      },
      end,
    };
  };

/** Matches one cell and its end, like the default pattern of `recordsOf`, but with this separator. */
export function cellPattern(separator = ","): RegExp {
  const cell = `(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^"\ufffd${separator}\\r\\n]*))`;
  return new RegExp(`${cell}([${separator}]|\\r?\\n|\\r(?!$))`, "y");
}

/**
 * Reads CSV with the separator of the spec. Drops rows with missing values if the spec requires it, and prints their
 * number. If `predictedFile` is given, no rows are dropped.
 */
export const cleanedCsv: TextFormat = (data, predictedFile) => cleaned(data, predictedFile, numberIn);

/** Like `cleanedCsv`, but reads numbers in the format of the spec. */
export const formattedCsv: TextFormat = (data, predictedFile) =>
  cleaned(data, predictedFile, numberReader(data.numberFormat ?? {}));

function cleaned(
  data: DataFacts,
  predictedFile: string | undefined,
  read: (cell: string) => number,
): TextReader {
  let positions: readonly number[] | undefined;
  let [rows, dropped] = [0, 0];
  const skips = (cells: readonly string[], names: readonly string[]) => {
    positions ??=
      predictedFile === undefined ? droppingColumns(data, names).map((name) => names.indexOf(name)) : [];
    const isDropped = positions.some((position) => isMissing(cells[position]!));
    if (isDropped) dropped++;
    rows++;
    return isDropped;
  };
  const form = { readNumber: read, skipsRow: skips, cellPattern: cellPattern(data.separator) };
  const { add, end } = csv({ ...data, ...form }, predictedFile);
  return {
    add,
    end() {
      const table = end();
      const notice = dropText(dropped, rows);
      if (notice !== "") say(`${notice}\n`);
      return table;
    },
  };
}

/** Returns the columns in which a missing value causes the row to be dropped. */
export function droppingColumns(data: DataFacts, names: readonly string[]): string[] {
  return [...Object.keys(data.inputs), ...Object.keys(data.targets)].flatMap((field) => {
    const { columns, drop } = columnFactsOf(data, field);
    return drop ? namedBy(names, columns).flat() : [];
  });
}

/** Returns the message about dropped rows, or "" if no row is dropped. Throws if no row remains. */
export function dropText(dropped: number, rows: number): string {
  if (dropped === 0) return "";
  if (dropped === rows) throw new InputError(`every row has a missing value; "drop" would remove them all`);
  return `${dropped} of ${rows} rows have a missing value and are dropped`;
}

/**
 * Returns the program with each range replaced by the columns that it selects in this file, because it may
 * select other columns in another file.
 */
function withoutRanges(program: Program, { table }: Source): Program {
  const { data } = program;
  const all = [...table.columns.keys()];
  const named = (entries: readonly string[]) => namedBy(all, entries).flat();
  const fields = (facts: Readonly<Record<string, ColumnFacts>>) =>
    Object.fromEntries(
      Object.entries(facts).map(([name, fact]) => [name, { ...fact, columns: named(fact.columns) }]),
    );
  const { reads } = data;
  const own = reads && { numbers: named(reads.numbers), texts: named(reads.texts) };
  return {
    ...program,
    data: { ...data, inputs: fields(data.inputs), targets: fields(data.targets), ...(own && { reads: own }) },
  };
}

/** Reads training rows from one file and test rows from another. */
export const fileAndTest = (one: DataReader): DataReader => ({
  help: `${one.help}
  --test FILE          the test rows, with the same columns (required)`,
  async read(program, flags) {
    const source = await one.read(program, flags);
    const { "--test": file, "--predict": predictedFile, "--out": out } = flags;
    if (predictedFile !== undefined) return source;
    if (file === undefined) throw new InputError("--test FILE is required (see --help)");
    return {
      ...source,
      testFile: await one.read(withoutRanges(program, source), { "--data": file, "--out": out }),
    };
  },
});

/** Reads training rows from one file and validation rows from another. */
export const fileAndValidation = (one: DataReader): DataReader => withParts(one, ["validation"]);

/** Reads training, validation and test rows from three separate files. */
export const threeFiles = (one: DataReader): DataReader => withParts(one, ["validation", "test"]);

function withParts(one: DataReader, parts: readonly ("validation" | "test")[]): DataReader {
  const lines = parts.map(
    (part) => `\n  ${`--${part} FILE`.padEnd(19)}  the ${part} rows, with the same columns (required)`,
  );
  return {
    help: one.help + lines.join(""),
    async read(program, flags) {
      const source = await one.read(program, flags);
      if (flags["--predict"] !== undefined) return source;
      const read = async (part: "validation" | "test"): Promise<Source | undefined> => {
        if (!parts.includes(part)) return undefined;
        const { [`--${part}`]: file, "--out": out } = flags;
        if (file === undefined) throw new InputError(`--${part} FILE is required (see --help)`);
        return one.read(withoutRanges(program, source), { "--data": file, "--out": out });
      };
      return { ...source, validationFile: await read("validation"), testFile: await read("test") };
    },
  };
}
