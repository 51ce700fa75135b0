// Columns of numbers, and of classes by number or name: side by side, real numbers scaled.
import type { Codec } from "./dataset.ts";
import { boundsOf, columnFactsOf, columnNames, shorten, wrongCell } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { sizeOf } from "./model-facts.ts";
import { fitScale } from "./scale.ts";
import type { IndexBounds } from "./slots.ts";
import { numberIn, type Table } from "./table.ts";

/** A number of each column. Indices stay integers: not all of them are f32. */
export const columnCodec: Codec = {
  fit({ model: { inputs, targets }, data }, name, table, train) {
    const { columns: listed, scale } = columnFactsOf(data, name);
    const { shape, classes = 0 } = Object.hasOwn(inputs, name) ? { ...inputs[name] } : targets[name];
    const columns = columnNames(table, name, listed, sizeOf(shape));
    if (classes > 0) return { name, columns, classNames: namesOfClasses(table, name, columns, classes) };
    if (!scale) return { name, columns };
    return { name, columns, scales: columns.map((column) => fitScale(numberColumn(table, column), train, scale)) }; // prettier-ignore
  },
  encode({ model }, { name, columns, classNames = [], scales }, table, rows) {
    const { dtype } = model;
    const bounds = boundsOf(model, name);
    columnNames(table, name, columns, columns.length);
    const real = dtype === "f32" ? Float32Array : Float64Array;
    const numbers = new (bounds ? Int32Array : real)(rows.length * columns.length);
    columns.forEach((column, i) => {
      const values =
        classNames.length > 0
          ? classColumn(table, column, classNames)
          : bounds
            ? indexColumn(table, column, bounds)
            : numberColumn(table, column);
      const { shift, span } = scales?.[i] ?? { shift: 0, span: 1 };
      for (let row = 0, at = i; row < rows.length; row++, at += columns.length) {
        const value = values[rows[row]];
        numbers[at] = (value - shift) / span;
        if (Number.isFinite(numbers[at])) continue;
        const scaled = span === 1 ? "" : ", scaled,";
        throw wrongCell(table, column, rows[row], `${value}${scaled} is too large for ${dtype}`);
      }
    });
    return numbers;
  },
};

/** The column as real numbers; a cell that holds none throws. */
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
function namesOfClasses(table: Table, name: string, columns: string[], classes: number): string[] {
  if (columns.every((column) => table.columns.get(column) instanceof Float64Array)) return [];
  const names = [...new Set(columns.flatMap((column) => textColumn(table, column)))].sort();
  if (names.length === classes) return names;
  const found = `column "${columns[0]}" holds ${names.length} classes (${shorten(names)})`;
  throw new InputError(`${name} has ${classes} classes, but ${found}`);
}

function classColumn(table: Table, name: string, names: readonly string[]): Float64Array {
  const numbers = new Map(names.map((text, number) => [text, number]));
  return Float64Array.from(textColumn(table, name), (cell, row) => {
    const number = numbers.get(cell);
    if (number !== undefined) return number;
    throw wrongCell(table, name, row, `"${cell}" is none of the classes ${shorten(names)}`);
  });
}

function textColumn(table: Table, name: string): string[] {
  const column = table.columns.get(name) ?? [];
  const cells = "numbers" in column ? [] : Array.from(column, String);
  const row = cells.findIndex((cell) => cell.trim() === "");
  if (row < 0) return cells;
  throw wrongCell(table, name, row, "the cell is empty");
}
