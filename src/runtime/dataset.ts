// From a table of columns to what a trainer eats: the columns of each input and target, split and scaled.
import { fieldsOf, valuesOf, wrongCell, type DataFacts, type Field } from "./fields.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { fitScale, type Scale } from "./scale.ts";
import type { Batch } from "./slots.ts";
import { splitRows } from "./split.ts";
import type { Table } from "./table.ts";

/** A field with the scale of each of its columns. */
export interface FittedField extends Field {
  scales: Scale[];
}

/** Data ready for training. Parts that the spec does not set aside are absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** How the rows were read: the inputs, and last the target. */
  fields: readonly FittedField[];
  /** Where columns hold texts: the characters of each such input, and the way to read a test file. */
  characters?: Record<string, readonly string[]>;
  testPart?(table: Table): Batch;
}

/** How a table becomes a data set: columns and texts have each a way of their own. */
export type DatasetMaker = (
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
) => Dataset;

/** Prepares a table for this model; scales are fitted on the training part. Wrong or missing columns and cells throw, with their line. */
export function datasetOf(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
): Dataset {
  const read = fieldsOf(model, data, table);
  const values = read.map((field) => valuesOf(table, field));
  // The spec's checks see to it that a target to stratify by has classes. With several columns there is no one class of a row.
  const labels = values[values.length - 1];
  const { train, validation, test } = splitRows(
    table.rows,
    training,
    seed,
    training.stratify && labels.length === 1 ? labels[0] : undefined,
  );
  const fields = read.map((field, i) => ({
    ...field,
    scales: values[i].map((column) => fitScale(column, train, field.scale)),
  }));
  const part = (rows: Int32Array) => batchOf(model, fields, table, values, rows);
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    fields,
  };
}

/**
 * These rows of all fields, whose columns hold `values`: side by side, scaled. Indices stay integers: not all of them are f32. A number
 * that is too large for the model's element type once it is scaled throws.
 */
export function batchOf(
  { dtype }: ModelFacts,
  fields: readonly FittedField[],
  table: Table,
  values: Float64Array[][],
  rows: Int32Array,
): Batch {
  const real = dtype === "f32" ? Float32Array : Float64Array;
  const entries = fields.map(({ name, columns, bounds, scales }, f) => {
    const size = rows.length * columns.length;
    const numbers = bounds ? new Int32Array(size) : new real(size);
    let next = 0;
    for (const row of rows) {
      values[f].forEach((column, i) => {
        numbers[next] = (column[row] - scales[i].shift) / scales[i].span;
        if (!Number.isFinite(numbers[next++])) {
          const scaled = scales[i].span === 1 ? "" : ", scaled,";
          throw wrongCell(table, columns[i], row, `${column[row]}${scaled} is too large for ${dtype}`);
        }
      });
    }
    return [name, numbers];
  });
  return Object.fromEntries(entries);
}
