// Maps inputs and targets (fields) to columns of a table, and creates errors about cells.
import { InputError, shown } from "../step/errors.ts";
import type { ModelFacts } from "../model/facts.ts";
import { batchFields } from "../step/batch.ts";
import type { BatchField } from "../step/batch.ts";
import type { DatePart } from "./dates.ts";
import type { NumberFormat } from "./number-format.ts";
import type { Column, Table } from "./table.ts";
import type { ValueRange } from "./target-range.ts";

/** `standard`: mean 0 and standard deviation 1. `min-max`: from 0 to 1. */
export type FittedRule = "standard" | "min-max";

export type ScaleRule = FittedRule | { divide: number };

/**
 * The rule that splits texts into words. A text that is too long for `length` positions is truncated if `cut`
 * is true; otherwise, it is an error.
 */
export interface WordRule {
  length: number;
  lowerCase: boolean;
  cut: boolean;
}

/**
 * The encoding of dates. `format` is the format of the cells, by default ISO 8601. `origin` is the date, in
 * ISO 8601, from which elapsed days are counted.
 */
export interface DateRule {
  parts: readonly DatePart[];
  format?: string | undefined;
  origin?: string | undefined;
}

/** x becomes (x − shift) / span. */
export interface Scale {
  shift: number;
  span: number;
  /** The number of decimals of predictions in original units. */
  decimals?: number;
}

/**
 * The columns of a field, by name or as ranges such as "p0..p63", and their encoding. `scale` applies only to
 * real numbers.
 */
export interface ColumnFacts {
  columns: readonly string[];
  scale?: ScaleRule | undefined;
  /** The column contains texts, which are encoded as sequences of `length` characters. */
  characters?: { length: number };
  /** The columns contain categories. */
  categories?: "one-hot" | "index";
  /** The column contains texts, which are encoded as sequences of words. */
  words?: WordRule;
  /** The columns contain dates. */
  dates?: DateRule;
  /** Missing values form a separate category. */
  missingCategory?: boolean;
  /** Unseen categories form a separate category. */
  unseenCategory?: boolean;
  /** A category in fewer training rows is treated as unseen. */
  minCount?: number;
  /**
   * For a target without columns: the name of an input. At each position, the target is the next element of
   * this input.
   */
  nextOf?: string;
  /** Rows with a missing value in these columns are dropped. */
  drop?: boolean;
  /** The mean of the training rows replaces missing values. */
  mean?: boolean;
  /** The numbers of a missing date are replaced by the means over the training rows. */
  meanDates?: boolean;
  /** The input contains the weight of each row. */
  weighs?: boolean;
  /** The class names that the target must have, sorted. */
  classNames?: readonly string[];
  /** The values that the target may have; absent if all are allowed. */
  range?: ValueRange;
  /** The cells of the target are class names, even if they look like numbers. */
  areNames?: boolean;
  /** Predictions have as many decimals as the training rows. */
  hasDecimals?: boolean;
  /** The rows of a window that an input reads; those of the past by default. */
  windowPart?: WindowPart;
}

/** Rows of a window: the past, the future, both, or the last row of the past, which has no axis of time. */
export type WindowPart = "past" | "future" | "whole" | "last";

/**
 * A window consists of `length` past rows, which inputs read, and `horizon` future rows, which the target
 * reads. Windows begin every `stride` rows. All rows of a window belong to one group.
 */
export interface WindowRule {
  length: number;
  horizon: number;
  stride: number;
  group?: string;
  /** The number of rows in a season, for the naive forecast. */
  season?: number;
  /** "cut" if no window may span a gap in time; "keep" if gaps are not reported. */
  gaps?: "cut" | "keep";
  /** The losses with which a naive forecast can be evaluated, by their names in reports. */
  naiveLosses?: Record<string, "mae" | "mse" | "rmse">;
}

/**
 * The column of times. `format` is the format of the cells: ISO 8601 by default, or "number" for plain
 * numbers.
 */
export interface TimeColumn {
  column: string;
  format?: string;
}

/**
 * The rule that selects the rows of a split. It has exactly one of these keys, except that `value`
 * accompanies `column`, and `group` accompanies `fraction`.
 */
export interface SplitRule {
  /** A fraction of all rows, or of all groups in the column `group`, drawn at random. */
  fraction?: number;
  /** The last rows in the order of time, as a fraction of all rows. */
  last?: number;
  /** The rows from this time on. */
  after?: string;
  /**
   * The column that selects the rows: those whose cell equals `value`, which is the name of the split by
   * default.
   */
  column?: string;
  value?: string;
  /** The column of groups. All rows of a group are in one split. */
  group?: string;
}

/** The rules of splits and folds that are not drawn row by row at random. */
export interface SplitRules {
  test?: SplitRule;
  validation?: SplitRule;
  folds?: FoldRule;
}

/**
 * `forward`: fold k is validated on the rows that follow its training rows. `group`: a group is in one fold.
 */
export interface FoldRule {
  forward?: boolean;
  group?: string;
}

/**
 * The columns that are read, by type. Columns of categories, dates, classes (which may be names), times and
 * groups are read as texts.
 */
export interface ReadColumns {
  numbers: readonly string[];
  texts: readonly string[];
}

/** The data section of the spec: the columns of each input and target. */
export interface DataFacts {
  inputs: Record<string, ColumnFacts>;
  targets: Record<string, ColumnFacts>;
  /** The columns of a text file that are read as numbers and as texts, by name or as ranges. */
  reads?: ReadColumns;
  /** The separator of a CSV file, if it is not a comma. */
  separator?: string | undefined;
  /** The format of numbers in the cells of a text file. */
  numberFormat?: NumberFormat | undefined;
  /** The rule by which windows are cut from the rows, if a series is forecast. */
  windowRule?: WindowRule | undefined;
  timeColumn?: TimeColumn | undefined;
  splitRules?: SplitRules | undefined;
  /** The file names by input and target, if each of them has its own IDX file. */
  idx?: { train: Record<string, string>; test?: Record<string, string> };
}

/** The fitted encoding of a field: all that is needed to encode new rows, as plain data. */
export interface FittedField {
  name: string;
  /** The columns, with ranges expanded. */
  columns: readonly string[];
  /** The scale of each column; indices have none. */
  scales?: readonly Scale[];
  /** The sorted class names of a text target. The index of a class is its position in the list. */
  classNames?: readonly string[];
  /** The replacement for missing values, in each column. */
  means?: readonly number[];
  /** The categories of each column, sorted. */
  categories?: readonly (readonly string[])[];
  /** The date from which elapsed days are counted, in each column. */
  origins?: readonly string[];
  /** The vocabulary of words. The index of a word is its position in this list, plus 2. */
  words?: readonly string[];
  /** The vocabulary of characters. The index of a character is its position in this list, plus 1. */
  characters?: readonly string[];
}

/** Returns the facts of a field. A field with its own IDX file has one column of the same name. */
export function columnFactsOf({ inputs, targets }: DataFacts, name: string): ColumnFacts {
  const facts = Object.hasOwn(inputs, name) ? inputs : targets;
  return Object.hasOwn(facts, name) ? facts[name]! : { columns: [name] };
}

/** Returns the input or target of this name. */
export function fieldOf(model: ModelFacts, name: string): BatchField {
  return batchFields(model).filter((other) => other.name === name)[0]!;
}

/**
 * Returns the columns that each name or range selects, in the order of the file. An unknown name selects no
 * column.
 */
export function namedBy(names: readonly string[], entries: readonly string[]): string[][] {
  const positions = new Map(names.map((name, position) => [name, position]));
  return entries.map((entry) => {
    if (positions.has(entry)) return [entry];
    const [first = -1, last = -1, ...more] = entry.split("..").map((name) => positions.get(name));
    return first < 0 || more.length > 0 ? [] : names.slice(first, last + 1);
  });
}

/**
 * Returns the columns that a list of names and ranges selects. Throws unless they have `size` numbers per
 * row.
 */
export function columnNames(table: Table, name: string, listed: readonly string[], size: number): string[] {
  const all = [...table.columns.keys()];
  const columns = namedBy(all, listed).flatMap((found, i) => {
    if (found.length > 0) return found;
    throw new InputError(
      `${name} needs the column "${listed[i]}", but the data has ${shorten(all)}`,
      table.lineOf(-1),
    );
  });
  const found = columns.reduce((sum, column) => sum + columnOf(table, column).size, 0);
  if (found === size) return columns;
  throw new InputError(
    `${name} has ${size} numbers per row, but its columns have ${found}: ${shorten(columns)}`,
    table.lineOf(-1),
  );
}

/** Returns the column of this name. Throws if it does not exist. */
export function columnOf({ columns }: Table, name: string): Column {
  const column = columns.get(name);
  if (column) return column;
  throw new InputError(`unknown column "${shown(name)}"`);
}

/** Returns the text of a cell. Throws if it is empty. */
export function textOf(table: Table, name: string, row: number): string {
  const text = columnOf(table, name).text(row);
  if (text.trim()) return text;
  throw wrongCell(table, name, row, "the cell is empty");
}

/** Returns the texts of a column. Throws for an empty cell. */
export const textsOf = (table: Table, name: string): string[] =>
  Array.from({ length: table.rows }, (_, row) => textOf(table, name, row));

/** Returns a shortened list of names for a message, with `mark` before and after each name. */
export function shorten(names: readonly string[], mark = ""): string {
  const show = (name: string) => mark + shown(name) + mark;
  return names.length > 12
    ? `${names.slice(0, 11).map(show).join(", ")} … ${show(names[names.length - 1]!)}`
    : names.map(show).join(", ");
}

/** Returns the numbers at one position of the column's cells in these rows. */
export function numbersAt(table: Table, column: string, rows: Int32Array, position: number): Float64Array {
  const { size, number } = columnOf(table, column);
  return new Float64Array(rows.length).map((_, i) => number(rows[i]! * size + position));
}

/** Returns the first row in which the cell of this column is not a number, or −1. */
export function firstNaN(table: Table, column: string): number {
  const { size, number } = columnOf(table, column);
  for (let i = 0; i < table.rows * size; i++) if (Number.isNaN(number(i))) return Math.floor(i / size);
  return -1;
}

/** Throws if a cell of the column is not a number. */
export function checkNumbers(table: Table, column: string): void {
  const row = firstNaN(table, column);
  if (row < 0) return;
  const cell = columnOf(table, column).text(row);
  // 1e999 is a number, but too large for a double. "Infinity" is not a number.
  const what = /\de/i.test(cell) && 1 / Number(cell) === 0 ? "too large" : "not a number";
  const text = cell.trim() === "" ? "the cell is empty" : `"${shown(cell)}" is ${what}`;
  throw wrongCell(table, column, row, text);
}

/** Creates the error for a cell, with its line. */
export function wrongCell(table: Table, column: string, row: number, what: string): InputError {
  return new InputError(`column "${shown(column)}": ${what}`, table.lineOf(row));
}

/** Throws if the encoding in a checkpoint is missing or invalid for an input or target. */
export function checkNoted(model: ModelFacts, fields: readonly FittedField[] | undefined): void {
  if (fields === undefined) return;
  batchFields(model).forEach(({ name }, i) => {
    const field = Array.isArray(fields) ? fields[i] : undefined;
    if (field?.name !== name || !isFitted(field))
      throw new InputError(`the checkpoint has no valid preprocessing of "${name}"`);
  });
}

const areAll = (type: "string" | "number", list: readonly unknown[]): boolean =>
  Array.isArray(list) && list.every((item) => typeof item === type);

const areTexts = (list: readonly unknown[]): boolean => areAll("string", list);

/** Whether each key has a value of the declared type. */
const isFitted = ({ name: _, scales = [], means = [], categories = [], ...texts }: FittedField): boolean =>
  Array.isArray(scales) &&
  scales.every((scale) => areAll("number", [scale?.shift, scale?.span])) &&
  areAll("number", means) &&
  Array.isArray(categories) &&
  [texts.columns, ...categories, ...Object.values(texts)].every(areTexts);

/**
 * Throws if the encoding of the data differs from the encoding with which the parameters of the checkpoint
 * were trained.
 */
export function checkFields(found: readonly FittedField[], trained = found): void {
  const [there, here] = [trained, found].map((fields) =>
    fields.flatMap(({ name, ...settled }) =>
      Object.entries(settled).flatMap(([key, values]) =>
        [values].flat().map((value, i) => `${name}.${key}[${i}] = ${JSON.stringify(value)}`),
      ),
    ),
  );
  const i = there!.findIndex((line, at) => line !== here![at]);
  if (i < 0) return;
  const [was, is] = [there, here].map((lines) => shown(lines![i] ?? "none", 200));
  throw new InputError(`the checkpoint was trained on other data: it has ${was}, this data has ${is}`);
}
