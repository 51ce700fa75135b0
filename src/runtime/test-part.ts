// The test part where it is a file of its own. Only trainers of such a spec have this.
import { batchOf, type Dataset } from "./dataset.ts";
import { columnNames, valuesOf } from "./fields.ts";
import type { ModelFacts } from "./model-facts.ts";
import { allRows } from "./session.ts";
import type { Batch } from "./slots.ts";
import type { Table } from "./table.ts";

/**
 * All rows of a test file, read as the training file was: columns of the same names (in any order, among any others), classes of the
 * same numbers, the scales of the training part. A column that is missing and a class that training does not know throw.
 */
export function testPartOf(model: ModelFacts, { fields }: Dataset, table: Table): Batch {
  const values = fields.map((field) => {
    columnNames(table, field.name, field.columns, field.columns.length);
    return valuesOf(table, field);
  });
  return batchOf(model, fields, values, allRows(table.rows));
}
