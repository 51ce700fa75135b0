// Columns of numbers, and of classes by number or name: side by side, real numbers scaled.
import type { Codec } from "./dataset.ts";
import { boundsOf, columnFactsOf, columnNames, shorten, textColumn, wrongCell } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";
import { fitScale } from "./scale.ts";
import type { IndexBounds } from "./slots.ts";
import { numberIn, type Column, type NumberColumn, type Table, type TextColumn } from "./table.ts";

/** A number of each column, or all of its block. Indices stay integers: not all of them are f32. */
export const columnCodec: Codec = {
  fit({ model, data }, name, table, train) {
    const { columns: listed, scale } = columnFactsOf(data, name);
    const columns = columnNames(table, name, listed, rowSize(model, name));
    const classes = Object.hasOwn(model.inputs, name) ? undefined : model.targets[name].classes;
    if (classes) return { name, columns, classNames: namesOfClasses(table, name, columns, classes) };
    if (!scale) return { name, columns };
    const scales = columns.flatMap((column) => {
      const { numbers, size } = numberColumn(table, column);
      return Array.from({ length: size }, (_, place) =>
        fitScale((row) => numbers[row * size + place], train, scale),
      );
    });
    return { name, columns, scales };
  },
  encode({ model }, { name, columns, classNames = [], scales }, table, rows) {
    const { dtype } = model;
    const bounds = boundsOf(model, name);
    const width = rowSize(model, name);
    const real = dtype === "f32" ? Float32Array : Float64Array;
    const encoded = new (bounds ? Int32Array : real)(rows.length * width);
    let offset = 0;
    for (const column of columnNames(table, name, columns, width)) {
      const { numbers, size } =
        classNames.length > 0
          ? classColumn(table, column, classNames)
          : bounds
            ? indexColumn(table, column, bounds)
            : numberColumn(table, column);
      for (let place = 0; place < size; place++, offset++) {
        const { shift, span } = scales?.[offset] ?? { shift: 0, span: 1 };
        for (let row = 0, at = offset; row < rows.length; row++, at += width) {
          const value = numbers[rows[row] * size + place];
          encoded[at] = (value - shift) / span;
          if (Number.isFinite(encoded[at])) continue;
          const scaled = span === 1 ? "" : ", scaled,";
          throw wrongCell(table, column, rows[row], `${value}${scaled} is too large for ${dtype}`);
        }
      }
    }
    return encoded;
  },
};

/** How many numbers of an input or target a row has. */
function rowSize({ inputs, targets }: ModelFacts, name: string): number {
  return sizeOf((Object.hasOwn(inputs, name) ? inputs : targets)[name].shape);
}

/** The column as real numbers; a cell that holds none throws. */
function numberColumn(table: Table, name: string): NumberColumn {
  const column = table.columns.get(name) ?? { texts: [], codes: new Int32Array(0) };
  const found = "numbers" in column ? column : numbersIn(column);
  const place = found.numbers.findIndex((value) => Number.isNaN(value));
  if (place < 0) return found;
  const row = Math.floor(place / found.size);
  const cell = textAt(column, row);
  // 1e999 is a number, which only no double can hold; "Infinity" is none.
  const what = /\de/i.test(cell) && Number(cell) ? "too large" : "not a number";
  throw wrongCell(table, name, row, cell === "" ? "the cell is empty" : `"${cell}" is ${what}`);
}

function numbersIn({ texts, codes }: TextColumn): NumberColumn {
  const values = texts.map(numberIn);
  return { numbers: Float64Array.from(codes, (code) => values[code]), size: 1 };
}

/** The text that stands in place of a number, "" where there is none. */
function textAt(column: Column, row: number): string {
  if ("texts" in column) return column.texts[column.codes[row]].trim();
  const [text] = [...(column.odd ?? [])].find(([, first]) => first === row) ?? [""];
  return text;
}

function indexColumn(table: Table, name: string, { lowest, highest, rule }: IndexBounds): NumberColumn {
  const column = numberColumn(table, name);
  const { numbers, size } = column;
  const place = numbers.findIndex(
    (value) => !(Number.isInteger(value) && value >= lowest && value <= highest),
  );
  if (place < 0) return column;
  throw wrongCell(table, name, Math.floor(place / size), `${numbers[place]} is not ${rule}`);
}

/** The classes of a target whose columns hold text, sorted; none if the columns hold the classes' numbers. */
function namesOfClasses(table: Table, name: string, columns: string[], classes: number): string[] {
  const isNumber = (text: string) => !Number.isNaN(numberIn(text));
  const hold = columns.map((column) => table.columns.get(column));
  if (hold.every((column) => column && ("numbers" in column || column.texts.every(isNumber)))) return [];
  const names = [...new Set(columns.flatMap((column) => textColumn(table, column).texts))].sort();
  if (names.length === classes) return names;
  const found = `column "${columns[0]}" holds ${names.length} classes (${shorten(names)})`;
  throw new InputError(`${name} has ${classes} classes, but ${found}`);
}

function classColumn(table: Table, name: string, names: readonly string[]): NumberColumn {
  const { texts, codes } = textColumn(table, name);
  const numbers = texts.map((text) => names.indexOf(text));
  const unknown = numbers.indexOf(-1);
  if (unknown < 0) return { numbers: codes.map((code) => numbers[code]), size: 1 };
  throw wrongCell(
    table,
    name,
    codes.indexOf(unknown),
    `"${texts[unknown]}" is none of the classes ${shorten(names)}`,
  );
}
