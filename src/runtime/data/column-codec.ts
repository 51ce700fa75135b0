// Columns of numbers, and of classes by number or name: side by side, real numbers scaled.
import type { Codec } from "./dataset.ts";
import {
  columnFactsOf,
  columnNames,
  columnOf,
  fieldOf,
  noNumber,
  shorten,
  textsOf,
  wrongCell,
} from "./fields.ts";
import { InputError, shown } from "../core/input-error.ts";
import { isWithin, ruleOf } from "../core/slots.ts";
import type { NumberArray, Table } from "./table.ts";

/** The numbers of each column. Indices stay integers: not all of them are f32. */
export const columnCodec: Codec = {
  fit({ model, data, fitScales }, name, table, train) {
    const { columns: listed, scale } = columnFactsOf(data, name);
    const { size: width } = fieldOf(model, name);
    const columns = columnNames(table, name, listed, width);
    const classes = model.targets[name]?.classes;
    if (classes) return { name, columns, classNames: namesOfClasses(table, name, columns, classes) };
    const scales =
      typeof scale === "object"
        ? Array(width).fill({ shift: 0, span: scale.divide })
        : scale && fitScales?.(table, columns, train, scale);
    return { name, columns, ...(scales && { scales }) };
  },
  encode({ model }, { name, columns, classNames = [], scales }, table, rows) {
    const { dtype } = model;
    const { size: width, bounds } = fieldOf(model, name);
    const real = dtype === "f32" ? Float32Array : Float64Array;
    const encoded = new (bounds ? Int32Array : real)(rows.length * width);
    let offset = 0;
    for (const column of columnNames(table, name, columns, width)) {
      const numbers =
        classNames.length > 0 ? classesOfTexts(table, column, classNames) : columnOf(table, column).numbers();
      const size = numbers.length / table.rows;
      for (let place = 0; place < size; place++, offset++) {
        const { shift, span } = scales?.[offset] ?? { shift: 0, span: 1 };
        for (let row = 0, at = offset; row < rows.length; row++, at += width) {
          const value = numbers[rows[row] * size + place];
          encoded[at] = (value - shift) / span;
          if (isWithin(bounds ? value : encoded[at], bounds)) continue;
          if (Number.isNaN(value)) throw noNumber(table, column, rows[row]);
          const scaled = span === 1 ? "" : ", scaled,";
          const what = bounds ? ` is not ${ruleOf(bounds)}` : `${scaled} is too large for ${dtype}`;
          throw wrongCell(table, column, rows[row], value + what);
        }
      }
    }
    return encoded;
  },
};

/** The classes of a target whose columns hold text, sorted; none if the columns hold the classes' numbers. */
function namesOfClasses(table: Table, name: string, columns: string[], classes: number): string[] {
  if (!columns.some((column) => columnOf(table, column).numbers().some(Number.isNaN))) return [];
  const texts = columns.flatMap((column) => textsOf(table, column));
  const names = [...new Set(texts)];
  if (names.length === classes) return names.sort();
  const found = `column "${shown(columns[0])}" holds ${names.length}: ${shorten(names, '"')}`;
  // Where the first that is one too many comes first; row −1, that of the names, if there are too few.
  const row = texts.indexOf(names[classes]) % table.rows;
  throw new InputError(`${name} has ${classes} classes, but ${found}`, table.lineOf(row));
}

function classesOfTexts(table: Table, name: string, names: readonly string[]): NumberArray {
  const numbers = new Map(names.map((text, number) => [text, number]));
  return Float64Array.from(textsOf(table, name), (text, row) => {
    const number = numbers.get(text);
    if (number !== undefined) return number;
    throw wrongCell(table, name, row, `"${shown(text)}" is none of the classes ${shorten(names)}`);
  });
}
