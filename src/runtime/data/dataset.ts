// From a table to what a trainer eats: its rows cut into parts, and all that is to be learned from data
// learned from the training part.
import { columnFactsOf, type DataFacts, type FittedField } from "./fields.ts";
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import type { FitScales } from "./scale.ts";
import { allRows } from "../step/session.ts";
import type { Batch } from "../step/batch.ts";
import { splitRows, type Split } from "./split.ts";
import type { Table } from "./table.ts";

/** Numbers of an input or target, row after row. */
export type FieldNumbers = Float32Array | Float64Array | Int32Array;

/** How one kind of input or target is read. What is wrong with columns or cells throws, with the line. */
export interface Codec {
  /** Learns from the rows `train` alone: scales, vocabularies. */
  fit(preparing: Preparing, name: string, table: Table, train: Int32Array): FittedField;
  /** Any rows, of the same table or another, as numbers. */
  encode(reading: Reading, field: FittedField, table: Table, rows: Int32Array): FieldNumbers;
}

/** What reading rows depends on, beside what training rows settled. */
export interface Reading {
  model: ModelFacts;
  data: DataFacts;
  /** The codec of each key of a field's facts; the first that a field has decides. */
  codecs: Readonly<Record<string, Codec>>;
}

/** What preparing data depends on. */
export interface Preparing extends Reading {
  training: TrainingFacts;
  /** Only where a field has a scale that is fitted. */
  fitScales?: FitScales | undefined;
}

/** What was read: the rows, and those of the test where they have a file of their own. */
export interface Source {
  file: string;
  table: Table;
  test?: { file: string; table: Table } | undefined;
}

/** Data ready for training. Parts that the spec does not set aside are absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** How the rows were read: the inputs, and last the target. */
  fields: readonly FittedField[];
}

/** Does some work on what a file held; what is wrong with it is then said with the file's name. */
export type Placing = <T>(file: string, work: () => T) => T;

/** Cuts and prepares the rows for this model. */
export function datasetOf(preparing: Preparing, source: Source, seed: number, placed: Placing): Dataset {
  const { file, table, test: tested } = source;
  return placed(file, () => {
    const split = splitRows(table.rows, preparing.training, seed, classesOf(preparing, table));
    const dataset = datasetOfRows(preparing, table, split);
    if (!tested) return dataset;
    const test = () => encodeRows(preparing, dataset.fields, tested.table, allRows(tested.table.rows));
    return { ...dataset, test: placed(tested.file, test) };
  });
}

/** These rows of the table, read as the training rows among them settle. */
export function datasetOfRows(
  preparing: Preparing,
  table: Table,
  { train, validation, test }: Split,
): Dataset {
  const fields = fitFields(preparing, table, train);
  const part = (rows: Int32Array) => encodeRows(preparing, fields, table, rows);
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    fields,
  };
}

/** The class of each row, if the parts are to have the classes in proportion and a row has one class. */
export function classesOf(preparing: Preparing, table: Table): ArrayLike<number> | undefined {
  if (!preparing.training.stratify) return undefined;
  const [target] = Object.keys(preparing.model.targets);
  const rows = allRows(table.rows);
  const codec = codecOf(preparing, target);
  const labels = codec.encode(preparing, codec.fit(preparing, target, table, rows), table, rows);
  return labels.length === table.rows ? labels : undefined;
}

/** What the training rows settle of the inputs, and last of the target. */
export function fitFields(preparing: Preparing, table: Table, train: Int32Array): FittedField[] {
  const { inputs, targets } = preparing.model;
  return [...Object.keys(inputs), ...Object.keys(targets)].map((name) =>
    codecOf(preparing, name).fit(preparing, name, table, train),
  );
}

/** These rows of all fields. */
export function encodeRows(
  reading: Reading,
  fields: readonly FittedField[],
  table: Table,
  rows: Int32Array,
): Record<string, FieldNumbers> {
  return Object.fromEntries(
    fields.map((field) => [field.name, codecOf(reading, field.name).encode(reading, field, table, rows)]),
  );
}

function codecOf({ data, codecs }: Reading, name: string): Codec {
  const facts = columnFactsOf(data, name);
  return codecs[Object.keys(codecs).find((key) => key in facts) ?? "columns"];
}
