// A data file in memory: columns by name, as numbers or as texts.

export type Column = NumberColumn | TextColumn;

/** NumberColumn as wide as the column needs. */
export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** A column whose cells are `size` numbers each, row after row: one in most files, an image's pixels in some. NaN where there is none. */
export interface NumberColumn {
  readonly numbers: NumberArray;
  readonly size: number;
  /** What stands where a cell is no number and not empty: each such text, and the first row that has it. */
  readonly odd?: ReadonlyMap<string, number>;
}

/** A column of texts, and for each row the number of its own. */
export interface TextColumn {
  readonly texts: readonly string[];
  readonly codes: Int32Array;
}

export interface Table {
  readonly rows: number;
  /** Of all columns, in the file's order. */
  readonly names: readonly string[];
  /** Those that are read; a map, not an object: a column may have any name. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The line (from 1) on which a row begins, and with −1 the names; in words where there are no lines. */
  lineOf(row: number): number | string | undefined;
}

/** One record of a file: its cells, and the line (from 1) on which it begins. */
export interface TableRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The number that a cell holds; NaN if it holds none or is empty. */
export function numberIn(cell: string): number {
  const number = cell.trim() === "" ? NaN : Number(cell);
  return Number.isFinite(number) ? number : NaN;
}
