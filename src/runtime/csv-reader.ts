// The data of a program as a CSV file whose first row names the columns.
import type { DataFacts } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { placed, reading, type DataReader } from "./program.ts";
import type { Table } from "./table.ts";

/** One file of all rows; `parse` makes its text a table. */
export const csvFile = (parse: (text: string, data: DataFacts) => Table): DataReader => ({
  help: "FILE          the CSV file to train on, whose first row names the columns (needed)",
  async read({ data }, { "--data": file }) {
    if (file === undefined)
      throw new InputError("--data FILE is needed: the CSV file to train on (see --help)");
    const text = await reading(file, (files) => files.readFile(file, "utf8"));
    return { file, table: placed(file, () => parse(text, data)) };
  },
});
