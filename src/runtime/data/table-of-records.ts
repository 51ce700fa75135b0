// A table from records in memory, of which the first names the columns.
import { InputError, shown } from "../core/input-error.ts";
import { numberIn, type Column, type NumberArray, type Table, type TableRecord } from "./table.ts";

/** The cells as they stand. A file that is no table throws, with the line. */
export function tableOf(records: readonly TableRecord[]): Table {
  checkNames(records[0]);
  const [{ cells: names, line }, ...rows] = records;
  for (const { cells, line } of rows) checkCells(names.length, cells.length, line);
  checkAnyRow(rows.length, line);
  const columns = names.map((name, i): [string, Column] => {
    let found: NumberArray | undefined;
    const numbers = () => (found ??= Float64Array.from(rows, ({ cells }) => numberIn(cells[i])));
    return [name, { size: 1, text: (row) => rows[row].cells[i], numbers }];
  });
  return { rows: rows.length, columns: new Map(columns), lineOf: (row) => records[row + 1].line };
}

export function checkNames(header: TableRecord | undefined): void {
  if (header === undefined) throw new InputError("the file is empty: its first row names the columns", 1);
  const { cells, line } = header;
  const seen = new Set<string>();
  const twice = cells.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new InputError(`two columns are called "${shown(twice)}"`, line);
}

export function checkCells(columns: number, cells: number, line: number | string | undefined): void {
  if (cells !== columns) throw new InputError(`the row has ${cells} cells for ${columns} columns`, line);
}

export function checkAnyRow(rows: number, line: number): void {
  if (rows === 0) throw new InputError("the file has no rows", line);
}
