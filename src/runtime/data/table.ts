// A data file in memory: columns by name, read as numbers or as strings; and the CSV parser.
import { InputError, shown } from "../step/errors.ts";

// A data file in memory: columns by name, read as numbers or as texts.

/** Numbers as wide as a column needs. */
export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

export interface Column {
  /** How many numbers each cell holds: one in most files, an image's pixels in some. */
  readonly size: number;
  /** All its numbers, row after row; NaN where there is none. */
  numbers(): NumberArray;
  /** What stands in a cell. */
  text(row: number): string;
}

export interface Table {
  readonly rows: number;
  /** A map, not an object: a column may have any name. In the file's order. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The line (from 1) on which a row begins, and with −1 the names; in words where there are no lines. */
  lineOf(row: number): number | string | undefined;
}

/** One record of a file: its cells, and the line (from 1) on which it begins. */
export interface TableRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * The decimal number that a cell holds (010 is ten); NaN if it holds none, is empty, or is written as 0x10,
 * 0o7 or 0b1.
 */
export function numberIn(cell: string): number {
  const number = cell.trim() === "" || /[xob]/i.test(cell) ? NaN : Number(cell);
  return Number.isFinite(number) ? number : NaN;
}

// A table from records in memory, of which the first names the columns.

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

// Reads comma-separated values as RFC 4180 has them: quoted cells, doubled quotes, any line ends, a byte-order mark.

/** The table of a CSV file's text, whose first row names the columns. Empty lines are skipped. */
export function parseCsv(text: string): Table {
  return tableOf(csvRecords(text));
}

/**
 * The records of a CSV file. `pattern` is one cell, quoted or plain, and what ends it: a comma, a line's end,
 * or the end of the text; U+FFFD is in none: what is not UTF-8 was read as that.
 */
export function csvRecords(
  text: string,
  pattern = /(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^",\r\n\ufffd]*))(,|\r?\n|\r|$)/y,
): TableRecord[] {
  const records: TableRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  text = text.replace(/^\ufeff/, "");
  for (let end = ","; end !== "";) {
    const match = pattern.exec(text);
    if (match === null) throw new InputError("a stray quote, or no CSV in UTF-8", line);
    const [, quoted, plain] = match;
    end = match[3];
    cells.push(plain ?? quoted.replaceAll('""', '"'));
    if (/[^\r\n]/.test(end)) continue;
    if (cells.length > 1 || cells[0] !== "") records.push({ cells, line });
    line += cells.reduce((lines, cell) => lines + cell.split(/\r?\n|\r/).length - 1, 1);
    cells = [];
  }
  return records;
}
