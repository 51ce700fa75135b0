// CSV files that are not read as they stand: with another separator, or without the rows that miss a value.
// Only trainers of such a spec have this.
import { columnFactsOf, namedBy, type DataFacts } from "../data/fields.ts";
import { InputError } from "../core/input-error.ts";
import { isMissing } from "../data/missing.ts";
import { csvRecords } from "../data/parse-csv.ts";
import { say } from "./program.ts";
import { tableOf } from "../data/table-of-records.ts";
import type { Table } from "../data/table.ts";

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
