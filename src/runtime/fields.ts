// The inputs and targets of a model in a table: which columns they are, and what may stand in their cells.
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Scale, ScaleRule } from "./scale.ts";
import { classBounds, vocabularyBounds, type IndexBounds } from "./slots.ts";
import type { Table } from "./table.ts";

/** Columns by name or as ranges ("p0..p63"); `scale` is for real numbers alone. */
export interface ColumnFacts {
  columns: readonly string[];
  scale?: ScaleRule | undefined;
  /** The column holds texts, of which each becomes a sequence of this length; see `character-codec.ts`. */
  characters?: { length: number };
  /** A target without columns: at each place of this input the character after it. */
  nextOf?: string;
  /** What the classes of a target have to be called, sorted; see `named-class-codec.ts`. */
  classNames?: readonly string[];
}

/** The data section of the spec: the columns of each input and target. */
export interface DataFacts {
  inputs: Record<string, ColumnFacts>;
  targets: Record<string, ColumnFacts>;
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
  /** The characters of texts: the number of one is its place here plus 1. */
  characters?: readonly string[];
}

/** What the spec says of the columns of an input or target; IDX files have none. */
export function columnFactsOf({ inputs, targets }: DataFacts, name: string): ColumnFacts {
  const facts = Object.hasOwn(inputs, name) ? inputs : targets;
  return Object.hasOwn(facts, name) ? facts[name] : { columns: [] };
}

/** What the indices of an input or target may be; undefined for real numbers. */
export function boundsOf({ inputs, targets }: ModelFacts, name: string): IndexBounds | undefined {
  if (Object.hasOwn(inputs, name)) {
    const { dtype, vocabulary } = inputs[name];
    return dtype === "i32" ? vocabularyBounds(vocabulary) : undefined;
  }
  const { classes } = targets[name];
  return classes === undefined ? undefined : classBounds(classes);
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

/** Some names, the middle ones of very many left out. */
export function shorten(names: readonly string[]): string {
  return names.length > 12
    ? `${names.slice(0, 11).join(", ")} … ${names[names.length - 1]}`
    : names.join(", ");
}

/** An error about one cell, with its line. */
export function wrongCell(table: Table, column: string, row: number, what: string): InputError {
  return new InputError(`column "${column}": ${what}`, table.records[row].line);
}

/** Throws if data gives other fields than a checkpoint was trained on, if it says: its numbers would mean something else. */
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
  throw new InputError(
    `the checkpoint was trained on other data: there ${there[i]}, here ${here[i] ?? "there is none"}`,
  );
}
