// The test part where it is a file of its own. Only trainers of such a spec have this.
import { batchOf, type Dataset } from "./dataset.ts";
import { columnNames, valuesOf } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import { parseCsv } from "./parse-csv.ts";
import { placed, reading, type TestFile } from "./program.ts";
import { allRows } from "./session.ts";
import type { Batch } from "./slots.ts";
import type { Table } from "./table.ts";

/** As the program takes it. */
export const testFile: TestFile = {
  flag: "--test",
  help: "\n  --test FILE          one of the same columns: the rows of the test part (needed)",
  async read(path, model, dataset) {
    if (path === undefined)
      throw new InputError("--test FILE is needed: the CSV file of the test part (see --help)");
    const text = await reading(path, (files) => files.readFile(path, "utf8"));
    dataset.test = placed(path, () => testPartOf(model, dataset, parseCsv(text)));
  },
};

/**
 * All rows of a test file, read as the training file was: columns of the same names (in any order, among any others), classes of the
 * same numbers, the scales of the training part. A column that is missing and a class that training does not know throw.
 */
export function testPartOf(model: ModelFacts, { fields }: Dataset, table: Table): Batch {
  const values = fields.map((field) => {
    columnNames(table, field.name, field.columns, field.columns.length);
    return valuesOf(table, field);
  });
  return batchOf(model, fields, table, values, allRows(table.rows));
}
