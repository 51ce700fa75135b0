// Reads NumPy files: an .npy array, whose columns are named c0, c1, …, or an .npz archive, whose arrays are
// columns.
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { sizeOf } from "../../../runtime/model/facts.ts";
import { numberIn } from "../../../runtime/data/table.ts";
import { membersOf, npyHeader, parseNpy, shapeText } from "../npy.ts";
import type { NumpyArray } from "../npy.ts";
import type { Cell, Wanted } from "./column-builder.ts";
import { inFile, maxColumns, wholeOf } from "./open-bytes.ts";
import { checkCellShape } from "./cell-shapes.ts";
import { tableBuilder } from "./table-builder.ts";
import type { ReadTable } from "./table-builder.ts";

/** Rows are numbered from 1; 0 is the header, which has no name. */
const rowName = (row: number): string | undefined => (row === 0 ? undefined : `row ${row}`);

/** Reads one array: each position in a row is a column. @throws DiagnosticError with file and row */
export async function readNpy(file: string, wanted: Wanted): Promise<ReadTable> {
  const bytes = await wholeOf(file, { code: "T2003", sizeIn: sizeOfTable });
  const { rows, rowSize, at } = inFile(file, "T2003", () => parseNpy(bytes));
  const table = tableBuilder(file, wanted, rowName);
  table.begin({ cells: Array.from({ length: rowSize }, (_, i) => `c${i}`), line: 0 });
  for (let row = 0; row < rows; row++) table.add(row + 1, rowSize, (position) => at(row, position));
  return table.end();
}

/** The size in bytes of an array. @throws InputError if the array cannot be a table */
function sizeOfTable(beginning: Uint8Array): number {
  const { shape, size } = npyHeader(beginning);
  checkTable(shape);
  return size;
}

function checkTable(shape: readonly number[]): void {
  if (shape.includes(0)) throw new InputError(`the array is empty: its shape is ${shapeText(shape)}`);
  const columns = sizeOf(shape.slice(1));
  if (columns > maxColumns)
    throw new InputError(`a row of the array has ${columns} values; at most ${maxColumns} are supported`);
}

/** Reads arrays with equal numbers of rows: each array is a column, and each of its rows is a cell. */
export async function readNpz(file: string, wanted: Wanted): Promise<ReadTable> {
  const bytes = await wholeOf(file);
  const arrays = inFile(file, "T2003", () => arraysIn(bytes));
  const [{ rows }] = arrays;
  const table = tableBuilder(file, wanted, rowName);
  table.begin({ cells: arrays.map(({ name }) => name), line: 0 });
  for (let row = 0; row < rows; row++)
    table.add(row + 1, arrays.length, (position, fields) => {
      const { name, shape } = arrays[position];
      if (shape.length > 2) checkCellShape(shape.slice(1), fields, name, rowName(row + 1));
      return cellIn(arrays[position], row);
    });
  return table.end();
}

interface NamedArray extends NumpyArray {
  readonly name: string;
}

function arraysIn(bytes: Uint8Array): NamedArray[] {
  const members = [...membersOf(bytes)].filter(([name]) => name.endsWith(".npy"));
  const arrays = members.map(([name, member]) => {
    checkTable(npyHeader(member).shape);
    return { name: name.slice(0, -4), ...parseNpy(member) };
  });
  const [first] = arrays;
  if (first === undefined) throw new InputError("the archive contains no NumPy array");
  for (const { name, shape, rows } of arrays)
    if (rows !== first.rows || shape.length === 0)
      throw new InputError(
        `the arrays have different numbers of rows: ${shown(first.name)} ` +
          `has ${shapeText(first.shape)}, ${shown(name)} has ${shapeText(shape)}`,
      );
  return arrays;
}

function cellIn({ rowSize, at }: NumpyArray, row: number): Cell {
  if (rowSize === 1) return at(row, 0);
  return Array.from({ length: rowSize }, (_, i) => {
    const value = at(row, i);
    return typeof value === "string" ? numberIn(value) : value;
  });
}
