// From a table of columns to what a trainer eats: the columns of each input and target, checked, split and scaled.
import { InputError } from "./input-error.ts";
import { sizeOf, type ModelFacts, type TrainingFacts } from "./model-facts.ts";
import { fitScale, type Scale, type ScaleRule } from "./scale.ts";
import { classBounds, vocabularyBounds, type Batch, type IndexBounds } from "./slots.ts";
import { splitRows } from "./split.ts";
import { numberIn, type Table } from "./table.ts";

/** The data section of the spec: the columns of each input and target, by name or as ranges ("p0..p63"). */
export interface DataFacts {
  inputs: Record<string, { columns: readonly string[]; scale?: ScaleRule }>;
  targets: Record<string, { columns: readonly string[] }>;
}

/** Data ready for training. Parts that the spec does not set aside are absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** The classes of targets that are text: a class's number is its place here. */
  classNames: Record<string, string[]>;
  /** How each column of an input was scaled. */
  scales: Record<string, Scale[]>;
}

/** Prepares a table for this model. Wrong or missing columns and cells throw, with their line. */
export function datasetOf(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
): Dataset {
  const classNames: Dataset["classNames"] = {};
  const scales: Dataset["scales"] = {};
  const inputs = Object.entries(model.inputs).map(([name, { shape, dtype, vocabulary }]) => {
    const { columns, scale } = data.inputs[name];
    const values = columnNames(table, name, columns, sizeOf(shape)).map((column) =>
      dtype === "i32"
        ? indexColumn(table, column, vocabularyBounds(vocabulary))
        : numberColumn(table, column),
    );
    return { name, values, scale };
  });
  const targets = Object.entries(model.targets).map(([name, { shape, classes }]) => {
    const columns = columnNames(table, name, data.targets[name].columns, sizeOf(shape));
    if (classes === undefined) return { name, values: columns.map((column) => numberColumn(table, column)) };
    const names = namesOfClasses(table, name, columns, classes);
    if (names.length > 0) classNames[name] = names;
    return { name, values: columns.map((column) => classColumn(table, column, classes, names)) };
  });

  const labels = targets.find(
    ({ name, values }) => values.length === 1 && model.targets[name].classes !== undefined,
  );
  const { train, validation, test } = splitRows(
    table.rows,
    training,
    seed,
    training.stratify ? labels?.values[0] : undefined,
  );
  for (const { name, values, scale } of inputs)
    scales[name] = values.map((column) => fitScale(column, train, scale));

  const part = (rows: Int32Array): Batch =>
    Object.fromEntries(
      [...inputs, ...targets].map(({ name, values }) => [
        name,
        interleave(model, values, rows, scales[name]),
      ]),
    );
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    classNames,
    scales,
  };
}

/** The columns that a list of names and ranges means; a range goes from the one to the other in the file's order. */
function columnNames(table: Table, name: string, listed: readonly string[], size: number): string[] {
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

function wrongCell(table: Table, column: string, row: number, what: string): InputError {
  return new InputError(`column "${column}": ${what}`, table.lineOf(row));
}

function numberColumn(table: Table, name: string): Float64Array {
  const column = table.columns.get(name) ?? [];
  if (column instanceof Float64Array) return column;
  const row = column.findIndex((cell) => !Number.isFinite(numberIn(cell)));
  throw wrongCell(
    table,
    name,
    row,
    column[row].trim() === "" ? "the cell is empty" : `"${column[row]}" is not a number`,
  );
}

function indexColumn(table: Table, name: string, { lowest, highest, rule }: IndexBounds): Float64Array {
  const column = numberColumn(table, name);
  const row = column.findIndex((value) => !(Number.isInteger(value) && value >= lowest && value <= highest));
  if (row < 0) return column;
  throw wrongCell(table, name, row, `${column[row]} is not ${rule}`);
}

/** The classes of a target whose columns hold text, sorted; none if the columns hold the classes' numbers. */
function namesOfClasses(table: Table, target: string, columns: string[], classes: number): string[] {
  const cells = columns.map((column) => table.columns.get(column) ?? []);
  if (cells.every((column) => column instanceof Float64Array)) return [];
  for (const [i, column] of cells.entries()) {
    const row = column instanceof Float64Array ? -1 : column.findIndex((cell) => cell.trim() === "");
    if (row >= 0) throw wrongCell(table, columns[i], row, "the cell is empty");
  }
  const names = [...new Set(cells.flatMap((column) => Array.from(column, String)))].sort();
  if (names.length === classes) return names;
  const found = `column "${columns[0]}" holds ${names.length} classes (${shorten(names)})`;
  throw new InputError(`${target} has ${classes} classes, but ${found}`);
}

function classColumn(table: Table, name: string, classes: number, names: string[]): Float64Array {
  if (names.length === 0) return indexColumn(table, name, classBounds(classes));
  const numbers = new Map(names.map((text, number) => [text, number]));
  const cells = Array.from(table.columns.get(name) ?? [], String);
  return Float64Array.from(cells, (cell) => numbers.get(cell) ?? -1);
}

/** These rows of some columns, side by side, scaled. */
function interleave(
  model: ModelFacts,
  columns: Float64Array[],
  rows: Int32Array,
  scales?: Scale[],
): ArrayLike<number> {
  const size = rows.length * columns.length;
  const values = model.dtype === "f32" ? new Float32Array(size) : new Float64Array(size);
  let next = 0;
  for (const row of rows) {
    columns.forEach((column, i) => {
      const { shift, span } = scales?.[i] ?? { shift: 0, span: 1 };
      values[next++] = (column[row] - shift) / span;
    });
  }
  return values;
}
