// Prepares a table, or the text of a CSV file, as a data set, like a program with these feature encoders
// does. Errors are those of the runtime.
import { columnEncoder } from "../../src/runtime/data/column-encoder.ts";
import { datasetOf, type Dataset, type DatasetContext, type Source } from "../../src/runtime/data/dataset.ts";
import type { DataFacts } from "../../src/runtime/data/fields.ts";
import { parseCsv } from "./parse-csv.ts";
import type { Table } from "../../src/runtime/data/table.ts";
import type { ModelFacts, TrainingFacts } from "../../src/runtime/model/facts.ts";
import { fitScales } from "../../src/runtime/data/scale.ts";

export interface Others {
  readonly encoders?: DatasetContext["encoders"];
  readonly test?: Table | string | undefined;
}

export function prepareTable(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  rows: Table | string,
  { encoders = { columns: columnEncoder }, test }: Others = {},
): Dataset {
  const tableOf = (read: Table | string) => (typeof read === "string" ? parseCsv(read) : read);
  const source: Source = {
    file: "rows.csv",
    table: tableOf(rows),
    testFile: test === undefined ? undefined : { file: "test.csv", table: tableOf(test) },
  };
  return datasetOf({ model, data, training, encoders, fitScales }, source, seed, (_, work) => work());
}
