// The data of a program as a CSV file whose first row names the columns.
import { datasetOf } from "./dataset.ts";
import { InputError } from "./input-error.ts";
import { parseCsv } from "./parse-csv.ts";
import { placed, reading, type DataReader } from "./program.ts";

/** One file of all rows. */
export const csvFile: DataReader = {
  help: "FILE          the CSV file to train on, whose first row names the columns (needed)",
  async read(program, { "--data": path }, seed) {
    if (path === undefined)
      throw new InputError("--data FILE is needed: the CSV file to train on (see --help)");
    const text = await reading(path, (files) => files.readFile(path, "utf8"));
    const prepare = program.datasetOf ?? datasetOf;
    return placed(path, () => prepare(program.model, program.data, program.training, seed, parseCsv(text)));
  },
};
