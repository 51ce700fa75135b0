// A table from records in memory, of which the first names the columns.
import { InputError } from "./input-error.ts";
import { numberIn, type NumberColumn, type Table, type TableRecord, type TextColumn } from "./table.ts";

/** The columns that `textsAmong` picks as texts, the others as numbers. A file that is no table throws, with the line. */
export function tableOf(
  records: readonly TableRecord[],
  textsAmong: (names: readonly string[]) => readonly string[],
): Table {
  checkNames(records[0]);
  const [{ cells: names }, ...rows] = records;
  for (const row of rows) checkCells(names, row);
  checkAnyRow(rows.length, records[0].line);
  const texts = textsAmong(names);
  const columns = names.map((name, i) => {
    const cells = rows.map(({ cells }) => cells[i]);
    return [name, texts.includes(name) ? textsOf(cells) : numbersOf(cells)] as const;
  });
  const lines = records.map(({ line }) => line);
  return { rows: rows.length, names, columns: new Map(columns), lineOf: (row) => lines[row + 1] };
}

export function checkNames(header: TableRecord | undefined): void {
  if (header === undefined)
    throw new InputError("the file is empty: it needs a row of column names first", 1);
  const { cells, line } = header;
  const twice = cells.find((name, i) => cells.indexOf(name) < i);
  if (twice !== undefined) throw new InputError(`two columns are called "${twice}"`, line);
}

export function checkCells(names: readonly string[], { cells, line }: TableRecord): void {
  if (cells.length !== names.length)
    throw new InputError(`the row has ${cells.length} cells for ${names.length} columns`, line);
}

export function checkAnyRow(rows: number, line: number): void {
  if (rows === 0) throw new InputError("the file has column names, but no rows", line);
}

function numbersOf(cells: readonly string[]): NumberColumn {
  const odd = new Map<string, number>();
  const numbers = Float64Array.from(cells, (cell, row) => {
    const number = numberIn(cell);
    if (Number.isNaN(number) && cell.trim() !== "" && !odd.has(cell)) odd.set(cell, row);
    return number;
  });
  return { numbers, size: 1, odd };
}

function textsOf(cells: readonly string[]): TextColumn {
  const numbers = new Map<string, number>();
  for (const cell of cells) if (!numbers.has(cell)) numbers.set(cell, numbers.size);
  return { texts: [...numbers.keys()], codes: Int32Array.from(cells, (cell) => numbers.get(cell) ?? 0) };
}
