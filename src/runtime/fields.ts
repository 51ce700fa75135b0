// The inputs and targets of a model in a table: which columns they are, what may stand in their cells, and the numbers in them.
import { InputError } from "./input-error.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";
import type { ScaleRule } from "./scale.ts";
import { classBounds, vocabularyBounds, type IndexBounds } from "./slots.ts";
import { numberIn, type Table } from "./table.ts";

/** Columns by name or as ranges ("p0..p63"); `scale` is for real numbers alone. */
interface ColumnFacts {
  columns: readonly string[];
  scale?: ScaleRule | undefined;
  /** The column holds texts, of which each becomes a sequence of this length; see `text-columns.ts`. */
  characters?: { length: number };
  /** A target without columns: at each place of this input the character after it. */
  nextOf?: string;
}

/** The data section of the spec: the columns of each input and target. */
export interface DataFacts {
  inputs: Record<string, ColumnFacts>;
  targets: Record<string, ColumnFacts>;
  /** Where each input and target is a file of its own: how the files are called, in a folder. See `idx-reader.ts`. */
  idx?: { train: Record<string, string>; test?: Record<string, string> };
}

/** One input or target, its ranges of columns written out. What the training file settled of it holds for a test file as well. */
export interface Field extends ColumnFacts {
  name: string;
  /** What indices may be; absent for real numbers. */
  bounds?: IndexBounds;
  /** The classes of a target that is text, sorted: a class's number is its place here. Empty for anything else. */
  classNames: string[];
}

/** The inputs and then the targets in this table. */
export function fieldsOf(model: ModelFacts, data: DataFacts, table: Table): Field[] {
  const field = (name: string, shape: number[], { columns, scale }: ColumnFacts): Field => ({
    name,
    columns: columnNames(table, name, columns, sizeOf(shape)),
    classNames: [],
    scale,
  });
  const inputs = Object.entries(model.inputs).map(([name, { shape, dtype, vocabulary }]) => {
    const input = field(name, shape, data.inputs[name]);
    if (dtype === "i32") input.bounds = vocabularyBounds(vocabulary);
    return input;
  });
  const targets = Object.entries(model.targets).map(([name, { shape, classes }]) => {
    const target = field(name, shape, data.targets[name]);
    if (classes === undefined) return target;
    return { ...target, bounds: classBounds(classes), classNames: namesOfClasses(table, target, classes) };
  });
  return [...inputs, ...targets];
}

/** The columns that a list of names and ranges means; a range goes from the one to the other in the file's order. */
export function columnNames(table: Table, name: string, listed: readonly string[], size: number): string[] {
  const all = [...table.columns.keys()];
  const position = (column: string) => {
    const found = all.indexOf(column);
    if (found < 0)
      throw new InputError(`${name} needs the column "${column}", but the file has ${shorten(all)}`, 1);
    return found;
  };
  const columns = listed.flatMap((entry) => {
    const [first, last, ...more] = entry.split("..");
    if (table.columns.has(entry) || last === undefined || more.length > 0) return [all[position(entry)]];
    const range = all.slice(position(first), position(last) + 1);
    if (range.length === 0)
      throw new InputError(`${name}: in the file "${last}" stands before "${first}"`, 1);
    return range;
  });
  if (columns.length === size) return columns;
  throw new InputError(
    `${name} takes ${size} numbers a row, but its columns are ${columns.length}: ${shorten(columns)}`,
    1,
  );
}

function shorten(names: string[]): string {
  return names.length > 12
    ? `${names.slice(0, 11).join(", ")} … ${names[names.length - 1]}`
    : names.join(", ");
}

/** The numbers in a field's columns, each cell checked. */
export function valuesOf(table: Table, { columns, bounds, classNames }: Field): Float64Array[] {
  return columns.map((column) => {
    if (classNames.length > 0) return classColumn(table, column, classNames);
    return bounds ? indexColumn(table, column, bounds) : numberColumn(table, column);
  });
}

/** An error about one cell, with its line. */
export function wrongCell(table: Table, column: string, row: number, what: string): InputError {
  return new InputError(`column "${column}": ${what}`, table.records[row].line);
}

function numberColumn(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column instanceof Float64Array) return column;
  const cells = textColumn(table, name);
  const row = cells.findIndex((cell) => !Number.isFinite(numberIn(cell)));
  // 1e999 is a number, which only no double can hold; "Infinity" is none.
  const what = /\de/i.test(cells[row]) && Number(cells[row]) ? "too large" : "not a number";
  throw wrongCell(table, name, row, `"${cells[row]}" is ${what}`);
}

function indexColumn(table: Table, name: string, { lowest, highest, rule }: IndexBounds): Float64Array {
  const column = numberColumn(table, name);
  const row = column.findIndex((value) => !(Number.isInteger(value) && value >= lowest && value <= highest));
  if (row < 0) return column;
  throw wrongCell(table, name, row, `${column[row]} is not ${rule}`);
}

/** The classes of a target whose columns hold text, sorted; none if the columns hold the classes' numbers. */
function namesOfClasses(table: Table, { name, columns }: Field, classes: number): string[] {
  if (columns.every((column) => table.columns.get(column) instanceof Float64Array)) return [];
  const names = [...new Set(columns.flatMap((column) => textColumn(table, column)))].sort();
  if (names.length === classes) return names;
  const found = `column "${columns[0]}" holds ${names.length} classes (${shorten(names)})`;
  throw new InputError(`${name} has ${classes} classes, but ${found}`);
}

function classColumn(table: Table, name: string, names: string[]): Float64Array {
  const numbers = new Map(names.map((text, number) => [text, number]));
  return Float64Array.from(textColumn(table, name), (cell, row) => {
    const number = numbers.get(cell);
    if (number !== undefined) return number;
    throw wrongCell(table, name, row, `"${cell}" is none of the classes ${shorten(names)}`);
  });
}

function textColumn(table: Table, name: string): string[] {
  const cells = Array.from(table.columns.get(name) ?? [], String);
  const row = cells.findIndex((cell) => cell.trim() === "");
  if (row < 0) return cells;
  throw wrongCell(table, name, row, "the cell is empty");
}
