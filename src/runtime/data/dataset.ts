// From a table to batches: splits the rows, fits the encoding on the training rows, and encodes all splits.
import { columnFactsOf } from "./fields.ts";
import type { DataFacts, FittedField, SplitRule, TimeColumn } from "./fields.ts";
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
 * the line number.
 */
export interface FeatureEncoder {
  /** Fits scales, vocabularies and class names on the rows `train`. */
  fit(context: DatasetContext, name: string, table: Table, train: Int32Array): FittedField;
  /** Encodes rows of the same table or of another table. */
  encode(context: EncodingContext, field: FittedField, table: Table, rows: Int32Array): FieldNumbers;
}

/** The context in which rows are encoded: everything except the fitted fields. */
export interface EncodingContext {
  model: ModelFacts;
  data: DataFacts;
  /**
   * Encoders by key of `ColumnFacts`. A field is encoded by the first of them whose key the field's
   * `ColumnFacts` contain.
   */
  encoders: Readonly<Record<string, FeatureEncoder>>;
  /** Present if the spec names a column of times. */
  readTimes?: ReadTimes | undefined;
}

/** The context in which a data set is split, fitted and encoded. */
export interface DatasetContext extends EncodingContext {
  training: TrainingFacts;
  /** Present if at least one scale is fitted to the data. */
  fitScales?: FitScales | undefined;
  /** Splitters by key of `SplitRule`. The first key that a rule has selects its splitter. */
  splitters?: Readonly<Record<string, Splitter>>;
  /** Present if the model is trained on windows instead of single rows. */
  cutUnits?: CutUnits | undefined;
  /** Present if gaps in time are reported. */
  describeGaps?: DescribeGaps | undefined;
  /** Present if the result is compared with a naive forecast. */
  forecastNaively?: ForecastNaively | undefined;
}

/** Reads the times of all rows: numbers that increase with time. Throws for a cell that is not a time. */
export type ReadTimes = (table: Table, column: TimeColumn) => Float64Array;

/**
 * Selects the rows of a split from the rows `open`, which are not yet in a validation or test split. Throws
 * if it selects no row.
 */
export type Splitter = (request: SplitRequest) => Int32Array;

export interface SplitRequest {
  context: DatasetContext;
  table: Table;
  /** The name of the split. */
  split: "validation" | "test";
  rule: SplitRule;
  open: Int32Array;
  seed: number;
}

/** The units that are assigned to splits: rows or windows. */
export interface Units {
  /** Each row of this table is a unit. */
  table: Table;
  /** The split of each unit. */
  labels: Uint8Array;
}

/**
 * Cuts a table into units, such as windows. `labels` contains the split of each row; a unit belongs to one
 * split.
 */
export type CutUnits = (context: EncodingContext, table: Table, labels: Uint8Array) => Units;

/** Returns a warning about gaps in the times of the rows, or undefined if there are no gaps. */
export type DescribeGaps = (context: EncodingContext, table: Table) => string | undefined;

/** Evaluates a naive forecast of these windows with those losses and metrics of the spec that apply to it. */
export type ForecastNaively = (
  context: DatasetContext,
  fields: readonly FittedField[],
  windows: Batch,
) => Record<string, number>;

/** The rows of the data. */
export interface Source {
  file: string;
  table: Table;
  /** The test rows, if they are in a separate file. */
  testFile?: { file: string; table: Table } | undefined;
  /** The validation rows, if they are in a separate file. */
  validationFile?: { file: string; table: Table } | undefined;
}

/** Encoded splits. A validation or test split that the spec does not set aside is absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** The fitted encoding: inputs first, then the target. */
  fields: readonly FittedField[];
}

/** Runs `work` on the content of a file. If `work` throws, the error names the file. */
export type LocateErrors = <T>(file: string, work: () => T) => T;

/** Splits and encodes the rows for a model. */
export function datasetOf(
  context: DatasetContext,
  source: Source,
  seed: number,
  locateErrors: LocateErrors,
): Dataset {
  const { file, table } = source;
  return locateErrors(file, () => {
    const split = splitRows(table.rows, context.training, seed, classesOf(context, table));
    const dataset = datasetOfRows(context, table, split);
    if (source.testFile) {
      const { file, table } = source.testFile;
      const test = () => encodeRows(context, dataset.fields, table, allRows(table.rows));
      return { ...dataset, test: locateErrors(file, test) };
    }
    return dataset;
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
  const target = Object.keys(context.model.targets)[0]!;
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

export function encoderOf({ data, encoders }: EncodingContext, name: string): FeatureEncoder {
  const facts = columnFactsOf(data, name);
  return encoders[Object.keys(encoders).find((key) => key in facts) ?? "columns"]!;
}
