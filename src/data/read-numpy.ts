// Reads NumPy's files: an array of .npy, whose columns are called c0, c1 … in their order, or the arrays of an .npz by their names.
import { unzipSync } from "fflate";
import { InputError } from "../runtime/input-error.ts";
import { sizeOf } from "../runtime/model-facts.ts";
import type { Cell } from "./column-builder.ts";
import { inFile } from "./in-file.ts";
import { wholeOf } from "./open-bytes.ts";
import { parseNpy, type NumpyArray } from "./parse-npy.ts";
import { tableBuilder, type ReadTable } from "./table-builder.ts";
import type { Wanted } from "./wanted-columns.ts";

/** Rows are along the first axis, counted from 1. */
const rowName = (row: number): string | undefined => (row === 0 ? undefined : `row ${row}`);

/** One array: each place of a row is a column. Throws a {@link DiagnosticError} that says file and row. */
export async function readNpy(file: string, wanted: Wanted): Promise<ReadTable> {
  const bytes = await wholeOf(file);
  const { shape, values } = inFile(file, "T2003", () => parseNpy(bytes));
  const [rows = 1, ...axes] = shape;
  const size = sizeOf(axes);
  const table = tableBuilder(file, wanted, rows, rowName);
  table.begin({ cells: Array.from({ length: size }, (_, i) => `c${i}`), line: 0 });
  for (let row = 0; row < rows; row++) {
    const cells = Array.from({ length: size }, (_, i) => values[row * size + i]);
    table.add(row + 1, () => cells);
  }
  return table.end();
}

/** Arrays of equally many rows: each is a column, and a row of it is a cell. */
export async function readNpz(file: string, wanted: Wanted): Promise<ReadTable> {
  const bytes = await wholeOf(file);
  const arrays = inFile(file, "T2003", () => arraysIn(bytes));
  const [rows = 0] = arrays.map(({ shape }) => shape[0]);
  const table = tableBuilder(file, wanted, rows, rowName);
  table.begin({ cells: arrays.map(({ name }) => name), line: 0 });
  for (let row = 0; row < rows; row++) table.add(row + 1, () => arrays.map((array) => cellIn(array, row)));
  return table.end();
}

interface NamedArray extends NumpyArray {
  readonly name: string;
}

function arraysIn(bytes: Uint8Array): NamedArray[] {
  const members = Object.entries(membersOf(bytes)).filter(([name]) => name.endsWith(".npy"));
  const arrays = members.map(([name, member]) => ({ name: name.slice(0, -4), ...parseNpy(member) }));
  const [first] = arrays;
  if (first === undefined) throw new InputError("the archive holds no array of NumPy");
  for (const { name, shape } of arrays)
    if (shape[0] !== first.shape[0] || shape.length === 0)
      throw new InputError(
        `the arrays have different numbers of rows: ${first.name} has [${first.shape.join(", ")}], ${name} has [${shape.join(", ")}]`,
      );
  return arrays;
}

function membersOf(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InputError(`the archive is damaged or cut short: ${error.message}`);
  }
}

function cellIn({ shape, values }: NumpyArray, row: number): Cell {
  const size = sizeOf(shape.slice(1));
  if (size === 1) return values[row];
  return Array.from({ length: size }, (_, i) => Number(values[row * size + i]));
}
