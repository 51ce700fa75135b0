// A data file in memory, whose columns can be read as numbers or as texts, and the CSV parser.
import { InputError, shown } from "../step/errors.ts";

/** The typed arrays in which a column may store its numbers. */
export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

export interface Column {
  /** The number of values per cell: usually 1; for an image, the number of pixels. */
  readonly size: number;
  /** All numbers, row-major. A cell that is not a number is NaN. */
  numbers(): NumberArray;
  /** The text of a cell. */
  text(row: number): string;
}

export interface Table {
  readonly rows: number;
  /**
   * The columns in the order of the file. This is a map and not an object, because a column may have any
   * name.
   */
  readonly columns: ReadonlyMap<string, Column>;
  /**
   * Returns the line at which a row begins, counted from 1. Row −1 is the header. If the data has no lines,
   * returns a description of the row.
   */
  lineOf(row: number): number | string | undefined;
}

/** A record of a file: its cells, and the line at which it begins, counted from 1. */
export interface TableRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Returns the decimal number in a cell; 010 is ten. Returns NaN if the cell is empty, is not a number, or has
 * a prefix as in 0x10, 0o7 and 0b1.
 */
export function numberIn(cell: string): number {
  const number = cell.trim() === "" || /[xob]/i.test(cell) ? NaN : Number(cell);
  return Number.isFinite(number) ? number : NaN;
}

/**
 * Builds a table from records. The first record contains the column names. Throws an error with the line if
 * the records do not form a table.
 */
export function tableOf(records: readonly TableRecord[]): Table {
  const [head, ...rows] = records;
  checkNames(head);
  const { cells: names, line } = head!;
  for (const { cells, line } of rows) checkCells(names.length, cells.length, line);
  checkAnyRow(rows.length, line);
  const columns = names.map((name, i): [string, Column] => {
    let found: NumberArray | undefined;
    const numbers = () => (found ??= Float64Array.from(rows, ({ cells }) => numberIn(cells[i]!)));
    return [name, { size: 1, text: (row) => rows[row]!.cells[i]!, numbers }];
  });
  return { rows: rows.length, columns: new Map(columns), lineOf: (row) => records[row + 1]!.line };
}

export function checkNames(header: TableRecord | undefined): void {
  if (header === undefined) throw new InputError("the file is empty: its first row must name the columns", 1);
  const { cells, line } = header;
  const seen = new Set<string>();
  const twice = cells.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new InputError(`two columns are named "${shown(twice)}"`, line);
}

export function checkCells(columns: number, cells: number, line: number | string | undefined): void {
  if (cells !== columns) throw new InputError(`the row has ${cells} cells for ${columns} columns`, line);
}

export function checkAnyRow(rows: number, line: number): void {
  if (rows === 0) throw new InputError("the file has no rows", line);
}

/**
 * Parses CSV (RFC 4180). Accepts quoted cells, doubled quotes, any line endings and a byte-order mark. The
 * first row names the columns. Empty lines are skipped.
 */
export function parseCsv(text: string): Table {
  return tableOf(csvRecords(text));
}

/**
 * Splits the text of a CSV file into records. `pattern` matches one cell, quoted or plain, and its end: a
 * comma, a line break, or the end of the text. The pattern does not match U+FFFD, because this character
 * replaces bytes that are not UTF-8.
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
    if (match === null) throw new InputError("invalid quote, or invalid UTF-8", line);
    const [, quoted, plain] = match;
    end = match[3]!;
    cells.push(plain ?? quoted!.replaceAll('""', '"'));
    if (/[^\r\n]/.test(end)) continue;
    if (cells.length > 1 || cells[0] !== "") records.push({ cells, line });
    line += cells.reduce((lines, cell) => lines + cell.split(/\r?\n|\r/).length - 1, 1);
    cells = [];
  }
  return records;
}
