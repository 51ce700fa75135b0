// Readers for the CSV files of a program.
import { columnFactsOf, namedBy } from "../data/fields.ts";
import type { DataFacts } from "../data/fields.ts";
import { isMissing } from "../data/column-codec.ts";
import { csvRecords, tableOf } from "../data/table.ts";
import type { Table } from "../data/table.ts";
import { InputError } from "../step/errors.ts";
import { reading } from "./files.ts";
import { placed, say } from "./program.ts";
import type { DataReader } from "./program.ts";

// The data of a program as a CSV file whose first row names the columns.

/** Makes the text of a file a table. Of a file that is `asked` about, every row counts. */
export type TextParser = (text: string, data: DataFacts, asked?: string) => Table;

/** One file of all rows. */
export const csvFile = (parse: TextParser): DataReader => ({
  help: "FILE          CSV in UTF-8 to train on: its first row names the columns (needed)",
  async read({ data }, { "--predict": asked, "--data": file = asked, "--out": out }) {
    if (file === undefined) throw new InputError("--data FILE is needed (see --help)");
    const text = await reading(file, (files) => files.readFile(file, "utf8"), out);
    return { file, table: placed(file, () => parse(text, data, asked)) };
  },
});

// The data of a spec that names a file of another format: the command line reads that, the program reads the
// same columns as CSV. Only trainers of such a spec have this.

/** As `parse`, but what begins as another format does is told to be one. */
export const csvOnly =
  (parse: TextParser): TextParser =>
  (text, data, asked) => {
    if (!/^(PAR1|PK\x03|.NUMPY|\x1f|\s*[{[])/.test(text)) return parse(text, data, asked);
    throw new InputError("this program reads CSV: write the columns to such a file, or use `tapeless train`");
  };

// CSV files that are not read as they stand: with another separator, or without the rows that miss a value.
// Only trainers of such a spec have this.

/** As `parseCsv`, and tells how many rows are left out: none of those that are `asked` about. */
export function parseCleaned(text: string, data: DataFacts, asked?: string): Table {
  const mark = `[${data.separator ?? ","}]`;
  const cell = `(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^"\ufffd${data.separator ?? ","}\\r\\n]*))`;
  const records = csvRecords(text, new RegExp(`${cell}(${mark}|\\r?\\n|\\r|$)`, "y"));
  const names = records[0]?.cells ?? [];
  const dropping = new Set(asked === undefined ? droppingColumns(data, names) : []);
  const places = names.flatMap((name, place) => (dropping.has(name) ? [place] : []));
  const kept = records.filter(
    ({ cells }, i) =>
      i === 0 || cells.length !== names.length || !places.some((place) => isMissing(cells[place])),
  );
  const told = dropText(records.length - kept.length, records.length - 1);
  if (told !== "") say(`${told}\n`);
  return tableOf(kept);
}

/** The columns of which no value may be missing: a row that misses one is left out. */
export function droppingColumns(data: DataFacts, names: readonly string[]): string[] {
  return [...Object.keys(data.inputs), ...Object.keys(data.targets)].flatMap((field) => {
    const { columns, drop } = columnFactsOf(data, field);
    return drop ? namedBy(names, columns).flat() : [];
  });
}

/** What is said of rows that are left out, "" if there are none; throws if no other is left. */
export function dropText(dropped: number, rows: number): string {
  if (dropped === 0) return "";
  if (dropped === rows) throw new InputError(`every row misses a value, so "drop" leaves none`);
  return `${dropped} of ${rows} rows miss a value and are left out`;
}

// The test part where it is a file of its own. Only trainers of such a spec have this.

/** A file of training rows and one of test rows, each read as one of all rows is. */
export const fileAndTest = (one: DataReader): DataReader => ({
  help: `${one.help}
  --test FILE          one of the same columns: the rows of the test part (needed)`,
  async read(program, flags) {
    const source = await one.read(program, flags);
    const { "--test": file, "--predict": asked, "--out": out } = flags;
    if (asked !== undefined) return source;
    if (file === undefined) throw new InputError("--test FILE is needed (see --help)");
    return { ...source, test: await one.read(program, { "--data": file, "--out": out }) };
  },
});
