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
