// Encoders for columns of numbers and of classes, and the replacement of missing values.
import { isWithin } from "../step/batch.ts";
import { InputError, shown } from "../step/errors.ts";
import type { FeatureEncoder } from "./dataset.ts";
import {
  columnFactsOf,
  columnNames,
  columnOf,
  fieldOf,
  namedBy,
  firstNaN,
  checkNumbers,
  shorten,
  textOf,
  textsOf,
  wrongCell,
} from "./fields.ts";
import type { Column, Table } from "./table.ts";

/**
 * Encodes numbers, and classes that the data identifies by number or by name. Real numbers are scaled.
 * Indices remain integers, because f32 cannot represent all 32-bit integers.
 */
export const columnEncoder: FeatureEncoder = {
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
      const { size, number } =
        classNames.length > 0 ? classesOfTexts(table, column, classNames) : columnOf(table, column);
      for (let position = 0; position < size; position++, offset++) {
        const { shift, span } = scales?.[offset] ?? { shift: 0, span: 1 };
        for (let row = 0, at = offset; row < rows.length; row++, at += width) {
          const value = number(rows[row]! * size + position);
          encoded[at] = (value - shift) / span;
          if (isWithin(bounds ? value : encoded[at]!, bounds)) continue;
          // Report the first cell of the column that is not a number, because the texts of later cells may
          // not be stored.
          if (Number.isNaN(value)) checkNumbers(table, column);
          const scaled = span === 1 ? "" : ", scaled,";
          const what = bounds ? ` is not ${bounds.rule}` : `${scaled} is too large for ${dtype}`;
          throw wrongCell(table, column, rows[row]!, value + what);
        }
      }
    }
    return encoded;
  },
};

/** Returns the sorted class names of a target. The list is empty if the columns contain class numbers. */
function namesOfClasses(table: Table, name: string, columns: string[], classes: number): string[] {
  if (!columns.some((column) => firstNaN(table, column) >= 0)) return [];
  const texts = columns.flatMap((column) => textsOf(table, column));
  const names = [...new Set(texts)];
  if (names.length === classes) return names.sort();
  const found = `column "${shown(columns[0]!)}" has ${names.length}: ${shorten(names, '"')}`;
  // If there are too many classes, the error refers to the first row with a surplus class. If there are too
  // few, it refers to the header (row −1).
  const row = texts.indexOf(names[classes]!) % table.rows;
  throw new InputError(`${name} has ${classes} classes, but ${found}`, table.lineOf(row));
}

/** Converts a column of class names to a column of class numbers. */
function classesOfTexts(
  table: Table,
  name: string,
  names: readonly string[],
): Pick<Column, "size" | "number"> {
  const numbers = new Map(names.map((text, number) => [text, number]));
  const number = (row: number) => {
    const text = textOf(table, name, row);
    const found = numbers.get(text);
    if (found !== undefined) return found;
    throw wrongCell(table, name, row, `"${shown(text)}" is not one of the classes ${shorten(names)}`);
  };
  return { size: 1, number };
}

/** Whether a cell is missing: empty, NA, N/A, NaN, null or ?. */
export function isMissing(cell: string): boolean {
  return /^(n\/?a|nan|null|\?)?$/i.test(cell.trim());
}

/** Encodes numbers, and replaces missing values with the mean of the training rows. */
export const meanEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const all = [...table.columns.keys()];
    const columns = namedBy(all, columnFactsOf(context.data, name).columns).flat();
    const means = columns.flatMap((column) => meansOf(table, column, train));
    return { ...columnEncoder.fit(context, name, withMeans(table, columns, means), train), means };
  },
  encode: (context, field, table, rows) =>
    columnEncoder.encode(context, field, withMeans(table, field.columns, field.means ?? []), rows),
};

/**
 * Returns the mean over the training rows for each number of a cell. Missing values do not count. Throws for
 * a cell that is neither a number nor missing.
 */
function meansOf(table: Table, name: string, train: Int32Array): number[] {
  const { size, number } = columnOf(table, name);
  // Once missing values are replaced, every cell must be a number.
  checkNumbers(withMeans(table, [name], Array<number>(size).fill(0)), name);
  return Array.from({ length: size }, (_, position) => {
    let [sum, count] = [0, 0];
    for (const row of train) {
      const value = number(row * size + position);
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    if (count > 0) return sum / count;
    throw new InputError(`column "${shown(name)}" has no value in the training split, so it has no mean`);
  });
}

/** Returns the table with missing values in these columns replaced by the means. */
function withMeans(table: Table, names: readonly string[], means: readonly number[]): Table {
  const columns = new Map(table.columns);
  let offset = 0;
  for (const name of names) {
    const column = columns.get(name);
    if (column === undefined) continue;
    columns.set(name, filled(column, means.slice(offset, offset + column.size)));
    offset += column.size;
  }
  return { ...table, columns };
}

function filled({ size, number, text }: Column, means: readonly number[]): Column {
  const fill = (i: number) => {
    const value = number(i);
    return Number.isNaN(value) && isMissing(text(Math.floor(i / size))) ? means[i % size]! : value;
  };
  return { size, number: fill, text };
}

/**
 * Encodes classes whose names are in the spec. Throws if the data has other classes, because class weights
 * would then apply to the wrong classes.
 */
export const namedClassEncoder: FeatureEncoder = {
  fit(context, name, table, train) {
    const field = columnEncoder.fit(context, name, table, train);
    const { classNames: named = [] } = columnFactsOf(context.data, name);
    const { classNames: found = [] } = field;
    if (found.length === 0)
      throw new InputError(
        `classWeights names classes of ${name}, but its columns contain class numbers: use a list of weights`,
      );
    if (named.every((text, number) => text === found[number])) return field;
    throw new InputError(
      `classWeights names the classes ${shorten(named)}, but those of ${name} are ${shorten(found)}`,
    );
  },
  encode: columnEncoder.encode,
};

/** Encodes the weights of rows. Throws for a weight below 0. */
export const weightEncoder: FeatureEncoder = {
  fit: columnEncoder.fit,
  encode(context, field, table, rows) {
    const weights = columnEncoder.encode(context, field, table, rows);
    const negative = weights.findIndex((weight: number) => weight < 0);
    if (negative < 0) return weights;
    const [column] = field.columns;
    throw wrongCell(table, column!, rows[negative]!, `the sample weight ${weights[negative]} is negative`);
  },
};
