// From a table to batches: splits the rows, fits the encoding on the training rows, and encodes all splits.
import { columnFactsOf, type DataFacts, type FittedField } from "./fields.ts";
import type { ModelFacts, TrainingFacts } from "../model/facts.ts";
import type { FitScales } from "./scale.ts";
import { allRows } from "../step/session.ts";
import type { Batch } from "../step/batch.ts";
import { splitRows, type Split } from "./split.ts";
import type { Table } from "./table.ts";

/** The numbers of an input or target, row-major. */
export type FieldNumbers = Float32Array | Float64Array | Int32Array;

/**
 * An encoder for one kind of field. A field is an input or a target. Errors about columns and cells contain
 * the line.
 */
export interface FeatureEncoder {
  /** Fits scales, vocabularies and class names on the rows `train`. */
  fit(context: DatasetContext, name: string, table: Table, train: Int32Array): FittedField;
  /** Encodes rows of the same table or of another table. */
  encode(context: EncodingContext, field: FittedField, table: Table, rows: Int32Array): FieldNumbers;
}

/** All facts that are needed to encode rows, except the fitted fields. */
export interface EncodingContext {
  model: ModelFacts;
  data: DataFacts;
  /**
   * Encoders by key of `ColumnFacts`. The first key in this record that is also in the facts of a field
   * selects the encoder of the field.
   */
  encoders: Readonly<Record<string, FeatureEncoder>>;
}

/** All facts that are needed to split, fit and encode a data set. */
export interface DatasetContext extends EncodingContext {
  training: TrainingFacts;
  /** Present if at least one scale is fitted to the data. */
  fitScales?: FitScales | undefined;
}

/** The rows of the data, and the test rows if they have a file of their own. */
export interface Source {
  file: string;
  table: Table;
  test?: { file: string; table: Table } | undefined;
}

/** Encoded splits. A validation or test split that the spec does not set aside is absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** The fitted encoding: inputs first, then the target. */
  fields: readonly FittedField[];
}

/** Runs `work` on the content of a file. Errors of `work` name the file. */
export type LocateErrors = <T>(file: string, work: () => T) => T;

/** Splits and encodes the rows for a model. */
export function datasetOf(
  context: DatasetContext,
  source: Source,
  seed: number,
  locateErrors: LocateErrors,
): Dataset {
  const { file, table, test: tested } = source;
  return locateErrors(file, () => {
    const split = splitRows(table.rows, context.training, seed, classesOf(context, table));
    const dataset = datasetOfRows(context, table, split);
    if (!tested) return dataset;
    const test = () => encodeRows(context, dataset.fields, tested.table, allRows(tested.table.rows));
    return { ...dataset, test: locateErrors(tested.file, test) };
  });
}

/** Fits the encoding on the training rows, and encodes all splits of the table. */
export function datasetOfRows(
  context: DatasetContext,
  table: Table,
  { train, validation, test }: Split,
): Dataset {
  const fields = fitFields(context, table, train);
  const part = (rows: Int32Array) => encodeRows(context, fields, table, rows);
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    fields,
  };
}

/** Returns the class of each row if splits are stratified and each row has one class. */
export function classesOf(context: DatasetContext, table: Table): ArrayLike<number> | undefined {
  if (!context.training.stratify) return undefined;
  const [target] = Object.keys(context.model.targets);
  const rows = allRows(table.rows);
  const encoder = encoderOf(context, target);
  const labels = encoder.encode(context, encoder.fit(context, target, table, rows), table, rows);
  return labels.length === table.rows ? labels : undefined;
}

/** Fits the encoding of all inputs and the target on the training rows. */
export function fitFields(context: DatasetContext, table: Table, train: Int32Array): FittedField[] {
  const { inputs, targets } = context.model;
  return [...Object.keys(inputs), ...Object.keys(targets)].map((name) =>
    encoderOf(context, name).fit(context, name, table, train),
  );
}

/** Encodes all fields of these rows. */
export function encodeRows(
  context: EncodingContext,
  fields: readonly FittedField[],
  table: Table,
  rows: Int32Array,
): Record<string, FieldNumbers> {
  return Object.fromEntries(
    fields.map((field) => [field.name, encoderOf(context, field.name).encode(context, field, table, rows)]),
  );
}

function encoderOf({ data, encoders }: EncodingContext, name: string): FeatureEncoder {
  const facts = columnFactsOf(data, name);
  return encoders[Object.keys(encoders).find((key) => key in facts) ?? "columns"];
}
