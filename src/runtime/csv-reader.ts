// The data of a program as a CSV file whose first row names the columns.
import type { DatasetMaker } from "./dataset.ts";
import { InputError } from "./input-error.ts";
import { parseCsv } from "./parse-csv.ts";
import { placed, reading, type DataReader } from "./program.ts";

/** One file of all rows, whose table becomes a data set in this way. */
export function csvFile(datasetOf: DatasetMaker): DataReader {
  return {
    help: "FILE          the CSV file to train on, whose first row names the columns (needed)",
    async read({ model, data, training }, { "--data": path }, seed) {
      if (path === undefined)
        throw new InputError("--data FILE is needed: the CSV file to train on (see --help)");
      const text = await reading(path, (files) => files.readFile(path, "utf8"));
      return placed(path, () => datasetOf(model, data, training, seed, parseCsv(text)));
    },
  };
}
