/** Columns that grow while a file is read, and the selection of columns that a model reads. */
import { wholeFields } from "./cell-shapes.ts";
import type { WholeField } from "./cell-shapes.ts";
import { InputError, shown } from "../../../runtime/step/errors.ts";
import type { DatasetContext } from "../../../runtime/data/dataset.ts";
import { namedBy } from "../../../runtime/data/fields.ts";
import type { ColumnFacts, DataFacts } from "../../../runtime/data/fields.ts";
import { numberReader } from "../../../runtime/data/number-format.ts";
import { numberList } from "../../../runtime/data/stored-column.ts";
import { numberIn } from "../../../runtime/data/table.ts";
import type { Column } from "../../../runtime/data/table.ts";
import { droppingColumns } from "../../../runtime/program/readers.ts";

// Columns that are filled cell by cell. They grow with the cells that are read, not with a declared count.

/** A cell: text, or a number, boolean or list of numbers from a typed format. */
export type Cell = string | number | boolean | readonly number[];

/** A column to which cells can be added. */
export interface ColumnBuilder {
  /** Adds the cell of the next row. @throws InputError if its size differs from that of earlier cells */
  add(cell: Cell, line: number | string | undefined): void;
  end(): Column;
}

/** Reads the number in a text; returns NaN for any other text. */
type ReadNumber = (text: string) => number;

/** Stores numbers. For each text that is not a number, only the first row is stored, for error messages. */
function numberBuilder(name: string, read: ReadNumber): ColumnBuilder {
  const numbers = numberList();
  let [size, rows] = [0, 0];
  const odd = new Set<string>();
  const oddAt = new Map<number, string>();
  const put = (number: number) => {
    numbers.push(number);
  };
  return {
    add(cell, line) {
      const width = typeof cell === "object" ? cell.length : 1;
      if (rows === 0) size = width;
      else if (width !== size) {
        const message = `column "${shown(name)}": the cell has ${width} numbers, but earlier rows have ${size}`;
        throw new InputError(message, line);
      }
      if (typeof cell === "object") {
        cell.forEach(put);
        rows++;
        return;
      }
      const number = typeof cell === "string" ? read(cell) : Number(cell);
      if (typeof cell === "string" && Number.isNaN(number) && !odd.has(cell)) {
        odd.add(cell);
        oddAt.set(rows, cell);
      }
      put(number);
      rows++;
    },
    end() {
      const text = (row: number) => {
        const number = numbers.at(row * size);
        return oddAt.get(row) ?? (Number.isNaN(number) ? "" : `${number}`);
      };
      return { size, number: numbers.at, text };
    },
  };
}

/** Stores each distinct text once, and a code per row. */
function textBuilder(read: ReadNumber): ColumnBuilder {
  const codes = numberList();
  const known = new Map<string, number>();
  return {
    add(cell) {
      const text = typeof cell === "string" ? cell : JSON.stringify(cell);
      const code = known.get(text) ?? known.size;
      known.set(text, code);
      codes.push(code);
    },
    end() {
      const texts = [...known.keys()];
      const values = texts.map(read);
      return {
        size: 1,
        number: (row) => values[codes.at(row)],
        text: (row) => texts[codes.at(row)],
      };
    },
  };
}

// The columns that a model reads. Other columns take no memory.

/** The facts of the model that a reader needs. */
export interface Wanted extends Pick<DatasetContext, "model" | "data"> {
  /** Checks the column names of the file before its rows are read. */
  checkNames?(names: readonly string[]): void;
  /** Present if all columns are observed. The columns of the model are then not stored. */
  readonly observed?: Observed;
}

/** Observes the cells of all columns while a file is read. */
export interface Observed {
  /** The builder of each column. */
  buildersOf(names: readonly string[]): readonly ColumnBuilder[];
  /** The columns in which a missing value drops the row. */
  readonly dropping: ReadonlySet<string>;
}

/** The column names and ranges in the data section of the spec. */
export function listedColumns({ data }: Wanted): string[] {
  return Object.values({ ...data.inputs, ...data.targets }).flatMap(({ columns }) => columns);
}

/** The columns that order, group and split the rows. They are read as text. */
function orderColumns({ windowRule, timeColumn, splitRules = {} }: DataFacts): string[] {
  const { test, validation, folds } = splitRules;
  const columns = [
    windowRule?.group,
    timeColumn?.column,
    folds?.group,
    ...[test, validation].flatMap((rule) => [rule?.column, rule?.group]),
  ];
  return columns.filter((column) => column !== undefined);
}

/**
 * Expands column ranges to names in one file, so that another file may have its columns in a different order.
 */
export function expandRanges({ model, data }: Wanted, names: readonly string[]): Wanted {
  const side = (fields: Readonly<Record<string, ColumnFacts>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, { columns, ...others }]) => [
        name,
        { ...others, columns: namedBy(names, columns).flat() },
      ]),
    );
  return { model, data: { ...data, inputs: side(data.inputs), targets: side(data.targets) } };
}

/**
 * A column that an input or target reads, with its index in a record. A missing value drops the row if `drops`
 * is true.
 */
export interface WantedColumn {
  readonly name: string;
  readonly position: number;
  readonly builder: ColumnBuilder;
  readonly drops: boolean;
  /** The inputs and targets that read only this column. */
  readonly fields: readonly WholeField[];
}

/** The columns to read, in the order of the file. Missing names are reported later, by preprocessing. */
export function wantedColumns(wanted: Wanted, names: readonly string[]): WantedColumn[] {
  const { model, data, observed } = wanted;
  if (observed !== undefined) {
    const builders = observed.buildersOf(names);
    return names.map((name, position) => ({
      name,
      position,
      builder: builders[position],
      drops: observed.dropping.has(name),
      fields: [],
    }));
  }
  // Whether the columns of a field are read as text: texts, categories, dates, and classes, which may be
  // names.
  const isText = ([name, facts]: [string, ColumnFacts]) =>
    (["characters", "words", "categories", "dates"] as const).some((key) => facts[key] !== undefined) ||
    model.targets[name]?.classes !== undefined;
  const entries = Object.entries({ ...data.inputs, ...data.targets }).filter(isText);
  const texts = new Set(entries.flatMap(([, { columns }]) => namedBy(names, columns).flat()));
  const dropping = new Set(droppingColumns(data, names));
  const read = new Set(namedBy(names, listedColumns(wanted)).flat());
  for (const name of orderColumns(data)) {
    texts.add(name);
    read.add(name);
  }
  const ofColumn = wholeFields(wanted, names);
  const readNumber = data.numberFormat === undefined ? numberIn : numberReader(data.numberFormat);
  return names.flatMap((name, position) => {
    if (!read.has(name)) return [];
    const builder = texts.has(name) ? textBuilder(readNumber) : numberBuilder(name, readNumber);
    const fields = ofColumn.get(name) ?? [];
    return [{ name, position, builder, drops: dropping.has(name), fields }];
  });
}
