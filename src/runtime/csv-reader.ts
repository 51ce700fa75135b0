// The data of a program as a CSV file whose first row names the columns.
import { InputError } from "./input-error.ts";
import { parseCsv } from "./parse-csv.ts";
import { placed, reading, type DataReader } from "./program.ts";

/** One file of all rows. */
export const csvFile: DataReader = {
  help: "FILE          the CSV file to train on, whose first row names the columns (needed)",
  async read(_, { "--predict": asked, "--data": file = asked }) {
    if (file === undefined)
      throw new InputError("--data FILE is needed: the CSV file to train on (see --help)");
    const text = await reading(file, (files) => files.readFile(file, "utf8"));
    return { file, table: placed(file, () => parseCsv(text)) };
  },
};
