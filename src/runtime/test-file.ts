// The test part where it is a file of its own. Only trainers of such a spec have this.
import { csvFile } from "./csv-reader.ts";
import { batchOf, type Dataset, type DatasetMaker } from "./dataset.ts";
import { columnNames, valuesOf } from "./fields.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import { parseCsv } from "./parse-csv.ts";
import { placed, reading, type DataReader } from "./program.ts";
import { allRows } from "./session.ts";
import type { Batch } from "./slots.ts";
import type { Table } from "./table.ts";

/** A file of training rows and one of test rows. */
export function csvFileAndTest(datasetOf: DatasetMaker): DataReader {
  const { help, read } = csvFile(datasetOf);
  return {
    help: `${help}
  --test FILE          one of the same columns: the rows of the test part (needed)`,
    async read(program, flags, seed) {
      const dataset = await read(program, flags, seed);
      const { "--test": path } = flags;
      if (path === undefined)
        throw new InputError("--test FILE is needed: the CSV file of the test part (see --help)");
      const text = await reading(path, (files) => files.readFile(path, "utf8"));
      const test = placed(path, () => {
        const table = parseCsv(text);
        return dataset.testPart?.(table) ?? testPartOf(program.model, dataset, table);
      });
      return { ...dataset, test };
    },
  };
}

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
