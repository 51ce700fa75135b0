// A data file in memory, whose columns can be read as numbers or as texts.
import { InputError, shown } from "../step/errors.ts";

/** The typed arrays in which a column may store its numbers. */
export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

export interface Column {
  /** The number of values per cell: usually 1; for an image, the number of pixels. */
  readonly size: number;
  /** Returns the number at this row-major index over all cells, or NaN if the cell is not a number. */
  number(index: number): number;
  /** Returns the text of a cell. */
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
 * a prefix, as in 0x10, 0o7 and 0b1.
 */
export function numberIn(cell: string): number {
  const number = cell.trim() === "" || /[xob]/i.test(cell) ? NaN : Number(cell);
  return Number.isFinite(number) ? number : NaN;
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
