// A data file in memory: columns by name. A column whose cells are all numbers is held as numbers, any other as text.

export type Column = Float64Array | string[] | Block;

/** A column whose cells are `size` numbers each, row after row: an image, say. */
export interface Block {
  readonly numbers: ArrayLike<number>;
  readonly size: number;
}

/** A map, not an object: a column may have any name. */
export interface Table {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  /** Each row as the file has it. */
  readonly records: readonly TableRecord[];
}

/** One record of a file: its cells, and the line (from 1) on which it begins. */
export interface TableRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Something wrong with a file as a table. */
export interface TableFault {
  readonly line: number;
  readonly message: string;
}

/** The number that a cell holds; NaN if it holds none or is empty. */
export function numberIn(cell: string): number {
  return cell.trim() === "" ? NaN : Number(cell);
}

/** The table of some records, of which the first names the columns; or all that speaks against it. */
export function tableOf(records: readonly TableRecord[]): Table | TableFault[] {
  if (records.length === 0)
    return [{ line: 1, message: "the file is empty: it needs a row of column names first" }];
  const [{ cells: names, line: firstLine }, ...rows] = records;
  if (rows.length === 0) return [{ line: firstLine, message: "the file has column names, but no rows" }];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) return [{ line: firstLine, message: `two columns are called "${twice}"` }];
  const faults = rows
    .filter(({ cells }) => cells.length !== names.length)
    .map(({ cells, line }) => ({
      line,
      message: `the row has ${cells.length} cells for ${names.length} columns`,
    }));
  if (faults.length > 0) return faults;
  const columns = new Map(names.map((name, i) => [name, columnOf(rows.map(({ cells }) => cells[i]))]));
  return { rows: rows.length, columns, records: rows };
}

function columnOf(cells: string[]): Column {
  const numbers = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    numbers[row] = numberIn(cells[row]);
    if (!Number.isFinite(numbers[row])) return cells;
  }
  return numbers;
}
