// The inputs and targets of a model in a table: which columns they are, and what may stand in their cells.
import { InputError, shown } from "../step/errors.ts";
import type { ModelFacts } from "../model/facts.ts";
import { batchFields } from "../step/batch.ts";
import type { BatchField } from "../step/batch.ts";
import type { Column, Table } from "./table.ts";

/** `standard`: mean 0, deviation 1. `min-max`: from 0 to 1. */
export type FittedRule = "standard" | "min-max";

export type ScaleRule = FittedRule | { divide: number };

/** How a text is taken apart. Longer texts than `length` has places for are wrong, unless they are to be `cut`. */
export interface WordRule {
  length: number;
  lowerCase: boolean;
  cut: boolean;
}

/** x becomes (x − shift) / span. */
export interface Scale {
  shift: number;
  span: number;
}

/** Columns by name or as ranges ("p0..p63"); `scale` is for real numbers alone. */
export interface ColumnFacts {
  columns: readonly string[];
  scale?: ScaleRule | undefined;
  /** The column holds texts, of which each becomes a sequence of this length; see `character-codec.ts`. */
  characters?: { length: number };
  /** The columns hold categories; see `category-codec.ts`. */
  categories?: "one-hot" | "index";
  /** The column holds texts, which become sequences of words; see `word-codec.ts`. */
  words?: WordRule;
  /** A target without columns: at each place of this input what comes after it. */
  nextOf?: string;
  /** Rows in which a value of these columns is missing are left out; see `clean-csv.ts`. */
  drop?: boolean;
  /** The mean of the training part stands where a value is missing; see `missing.ts`. */
  mean?: boolean;
  /** Of an input: it says what each row weighs; see `weight-codec.ts`. */
  weighs?: boolean;
  /** What the classes of a target have to be called, sorted; see `named-class-codec.ts`. */
  classNames?: readonly string[];
}

/** The data section of the spec: the columns of each input and target. */
export interface DataFacts {
  inputs: Record<string, ColumnFacts>;
  targets: Record<string, ColumnFacts>;
  /** What stands between the cells of a CSV file, if not a comma. */
  separator?: string | undefined;
  /** Where each input and target is a file of its own: how the files are called, in a folder. See `idx-reader.ts`. */
  idx?: { train: Record<string, string>; test?: Record<string, string> };
}

/** One input or target, and what its training rows settled of it: how any rows are read. Plain data. */
export interface FittedField {
  name: string;
  /** Its ranges of columns written out. */
  columns: readonly string[];
  /** How each of its columns is scaled; indices are not. */
  scales?: readonly Scale[];
  /** The classes of a target that is text, sorted: a class's number is its place here. */
  classNames?: readonly string[];
  /** What stands for a missing value, in each of its columns. */
  means?: readonly number[];
  /** The categories of each column, sorted. */
  categories?: readonly (readonly string[])[];
  /** The words of texts: the number of one is its place here plus 2. */
  words?: readonly string[];
  /** The characters of texts: the number of one is its place here plus 1. */
  characters?: readonly string[];
}

/**
 * What the spec says of the columns of an input or target; where each has a file of its own, the column is
 * called like it.
 */
export function columnFactsOf({ inputs, targets }: DataFacts, name: string): ColumnFacts {
  const facts = Object.hasOwn(inputs, name) ? inputs : targets;
  return Object.hasOwn(facts, name) ? facts[name] : { columns: [name] };
}

/** The input or target of this name. */
export function fieldOf(model: ModelFacts, name: string): BatchField {
  const [field] = batchFields(model).filter((other) => other.name === name);
  return field;
}

/**
 * The columns that each name or range means: of a range all between its two in the file's order. An empty
 * list if there are none.
 */
export function namedBy(names: readonly string[], entries: readonly string[]): string[][] {
  const places = new Map(names.map((name, place) => [name, place]));
  return entries.map((entry) => {
    if (places.has(entry)) return [entry];
    const [first = -1, last = -1, ...more] = entry.split("..").map((name) => places.get(name));
    return first < 0 || more.length > 0 ? [] : names.slice(first, last + 1);
  });
}

/** The columns that a list of names and ranges means; together they have to hold `size` numbers a row. */
export function columnNames(table: Table, name: string, listed: readonly string[], size: number): string[] {
  const all = [...table.columns.keys()];
  const columns = namedBy(all, listed).flatMap((found, i) => {
    if (found.length > 0) return found;
    throw new InputError(
      `${name} needs the column "${listed[i]}", but the file has ${shorten(all)}`,
      table.lineOf(-1),
    );
  });
  const found = columns.reduce((sum, column) => sum + columnOf(table, column).size, 0);
  if (found === size) return columns;
  throw new InputError(
    `${name} takes ${size} numbers a row, but its columns have ${found}: ${shorten(columns)}`,
    table.lineOf(-1),
  );
}

/** The column of this name; throws if there is none. */
export function columnOf({ columns }: Table, name: string): Column {
  const column = columns.get(name);
  if (column) return column;
  throw new InputError(`there is no column "${shown(name)}"`);
}

/** The texts of a column, none of them empty. */
export function textsOf(table: Table, name: string): string[] {
  const { text } = columnOf(table, name);
  return Array.from({ length: table.rows }, (_, row) => {
    if (text(row).trim()) return text(row);
    throw wrongCell(table, name, row, "the cell is empty");
  });
}

/** Some names, the middle ones of very many left out; `mark` encloses each. */
export function shorten(names: readonly string[], mark = ""): string {
  const show = (name: string) => mark + shown(name) + mark;
  return names.length > 12
    ? `${names.slice(0, 11).map(show).join(", ")} … ${show(names[names.length - 1])}`
    : names.map(show).join(", ");
}

/** The error about a cell that holds no number. */
export function noNumber(table: Table, column: string, row: number): InputError {
  const cell = columnOf(table, column).text(row);
  // 1e999 is a number, though no double can hold it; "Infinity" is not.
  const what = /\de/i.test(cell) && 1 / Number(cell) === 0 ? "too large" : "not a number";
  const text = cell.trim() === "" ? "the cell is empty" : `"${shown(cell)}" is ${what}`;
  return wrongCell(table, column, row, text);
}

/** An error about one cell, with its line. */
export function wrongCell(table: Table, column: string, row: number, what: string): InputError {
  return new InputError(`column "${shown(column)}": ${what}`, table.lineOf(row));
}

/** Throws unless a checkpoint holds the encoding of each input and target. It is data from outside. */
export function checkNoted(model: ModelFacts, fields: readonly FittedField[] | undefined): void {
  if (fields === undefined) return;
  batchFields(model).forEach(({ name }, i) => {
    const field = Array.isArray(fields) ? fields[i] : undefined;
    if (field?.name !== name || !isFitted(field))
      throw new InputError(`notes.fields[${i}] of the checkpoint is no encoding of "${name}"`);
  });
}

const areAll = (type: "string" | "number", list: readonly unknown[]): boolean =>
  Array.isArray(list) && list.every((item) => typeof item === type);

const areTexts = (list: readonly unknown[]): boolean => areAll("string", list);

/** Whether each key holds what its type says. */
const isFitted = ({ name: _, scales = [], means = [], categories = [], ...texts }: FittedField): boolean =>
  Array.isArray(scales) &&
  scales.every((scale) => areAll("number", [scale?.shift, scale?.span])) &&
  areAll("number", means) &&
  Array.isArray(categories) &&
  [texts.columns, ...categories, ...Object.values(texts)].every(areTexts);

/**
 * Throws if data gives other fields than a checkpoint was trained on, if it says: its numbers would mean
 * something else.
 */
export function checkFields(found: readonly FittedField[], trained = found): void {
  const [there, here] = [trained, found].map((fields) =>
    fields.flatMap(({ name, ...settled }) =>
      Object.entries(settled).flatMap(([key, values]) =>
        [values].flat().map((value, i) => `${name}.${key}[${i}] is ${JSON.stringify(value)}`),
      ),
    ),
  );
  const i = there.findIndex((line, at) => line !== here[at]);
  if (i < 0) return;
  const [was, is] = [there, here].map((lines) => shown(lines[i] ?? "there is none", 200));
  throw new InputError(`the checkpoint was trained on other data: there ${was}, here ${is}`);
}
