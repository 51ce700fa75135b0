// From a table of columns to what a trainer eats: the columns of each input and target, split and scaled.
import { fieldsOf, valuesOf, type DataFacts, type Field } from "./fields.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { fitScale, type Scale } from "./scale.ts";
import type { Batch } from "./slots.ts";
import { splitRows } from "./split.ts";
import type { Table } from "./table.ts";

/** A field with the scale of each of its columns; indices have none. */
export interface FittedField extends Field {
  scales: Scale[] | undefined;
}

/** Data ready for training. Parts that the spec does not set aside are absent. */
export interface Dataset {
  train: Batch;
  validation?: Batch;
  test?: Batch;
  /** How the rows were read: the inputs, and last the target. */
  fields: readonly FittedField[];
  /** How much of the target's own unit a 1 of its scaled values is; the spec's checks see to it that where it matters its columns agree. */
  unit: number;
}

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
  const target = read.length - 1;
  const hasLabels = training.stratify && read[target].bounds !== undefined && values[target].length === 1;
  const { train, validation, test } = splitRows(
    table.rows,
    training,
    seed,
    hasLabels ? values[target][0] : undefined,
  );
  const fields = read.map((field, i) => ({
    ...field,
    scales: field.bounds ? undefined : values[i].map((column) => fitScale(column, train, field.scale)),
  }));
  const part = (rows: Int32Array) => batchOf(model, fields, values, rows);
  return {
    train: part(train),
    ...(validation.length > 0 && { validation: part(validation) }),
    ...(test.length > 0 && { test: part(test) }),
    fields,
    unit: fields[target].scales?.[0].span ?? 1,
  };
}

/** These rows of all fields, of which `values` are the columns. */
export function batchOf(
  model: ModelFacts,
  fields: readonly FittedField[],
  values: Float64Array[][],
  rows: Int32Array,
): Batch {
  return Object.fromEntries(
    fields.map(({ name, scales }, i) => [name, interleave(model, values[i], rows, scales)]),
  );
}

/** These rows of some columns, side by side, scaled. Indices are kept as integers: not every one is an f32. */
function interleave(
  model: ModelFacts,
  columns: Float64Array[],
  rows: Int32Array,
  scales: Scale[] | undefined,
): ArrayLike<number> {
  const size = rows.length * columns.length;
  const real = model.dtype === "f32" ? Float32Array : Float64Array;
  const values = scales ? new real(size) : new Int32Array(size);
  let next = 0;
  for (const row of rows) {
    columns.forEach((column, i) => {
      const { shift, span } = scales?.[i] ?? { shift: 0, span: 1 };
      values[next++] = (column[row] - shift) / span;
    });
  }
  return values;
}
