// Readers for the CSV files of a program.
import { columnFactsOf, namedBy } from "../data/fields.ts";
import type { DataFacts } from "../data/fields.ts";
import { isMissing } from "../data/column-encoder.ts";
import { withNumberFormat } from "../data/number-format.ts";
import { csvRecords, tableOf } from "../data/table.ts";
import type { Table } from "../data/table.ts";
import type { Source } from "../data/dataset.ts";
import { InputError } from "../step/errors.ts";
import { reading } from "./files.ts";
import { locateErrors, say } from "./program.ts";
import type { DataReader } from "./program.ts";

/**
 * Parses the text of a file. `asked` is the path of the file if predictions for its rows are requested. In
 * this case, no row is dropped.
 */
export type TextParser = (text: string, data: DataFacts, asked?: string) => Table;

/** Reads all rows from one file. */
export const csvFile = (parse: TextParser): DataReader => ({
  help: "FILE          CSV in UTF-8 with a header row (required)",
  async read({ data }, { "--predict": asked, "--data": file = asked, "--out": out }) {
    if (file === undefined) throw new InputError("--data FILE is required (see --help)");
    const text = await reading(file, (files) => files.readFile(file, "utf8"), out);
    return { file, table: locateErrors(file, () => parse(text, data, asked)) };
  },
});

/**
 * Wraps the parser for a spec whose data file is not CSV. `tapeless train` reads that format, but this
 * program reads only CSV with the same columns.
 */
export const csvOnly =
  (parse: TextParser): TextParser =>
  (text, data, asked) => {
    if (!/^(PAR1|PK\x03|.NUMPY|\x1f|\s*[{[])/.test(text)) return parse(text, data, asked);
    throw new InputError("this program reads only CSV: convert the file, or use `tapeless train`");
  };

/** Wraps the parser for specs with a number format. */
export const formattedNumbers =
  (parse: TextParser): TextParser =>
  (text, data, asked) =>
    withNumberFormat(parse(text, data, asked), data.numberFormat);

/** Matches one cell and its end, like the default pattern of `csvRecords`, but with this separator. */
export function cellPattern(separator = ","): RegExp {
  const cell = `(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^"\ufffd${separator}\\r\\n]*))`;
  return new RegExp(`${cell}([${separator}]|\\r?\\n|\\r|$)`, "y");
}

/**
 * Parses CSV with the separator of the spec. Drops rows with missing values if the spec requires it, and
 * prints their number. If `asked` is given, no rows are dropped.
 */
export function parseCleaned(text: string, data: DataFacts, asked?: string): Table {
  const records = csvRecords(text, cellPattern(data.separator));
  const names = records[0]?.cells ?? [];
  const dropping = new Set(asked === undefined ? droppingColumns(data, names) : []);
  const places = names.flatMap((name, place) => (dropping.has(name) ? [place] : []));
  const kept = records.filter(
    ({ cells }, i) =>
      i === 0 || cells.length !== names.length || !places.some((place) => isMissing(cells[place]!)),
  );
  const told = dropText(records.length - kept.length, records.length - 1);
  if (told !== "") say(`${told}\n`);
  return tableOf(kept);
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

/** Reads training rows from one file and test rows from another. */
export const fileAndTest = (one: DataReader): DataReader => ({
  help: `${one.help}
  --test FILE          the test rows, with the same columns (required)`,
  async read(program, flags) {
    const source = await one.read(program, flags);
    const { "--test": file, "--predict": asked, "--out": out } = flags;
    if (asked !== undefined) return source;
    if (file === undefined) throw new InputError("--test FILE is required (see --help)");
    return { ...source, test: await one.read(program, { "--data": file, "--out": out }) };
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
        return one.read(program, { "--data": file, "--out": out });
      };
      return { ...source, validationFile: await read("validation"), test: await read("test") };
    },
  };
}
