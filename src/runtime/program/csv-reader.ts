// The data of a program as a CSV file whose first row names the columns.
import type { DataFacts } from "../data/fields.ts";
import { InputError } from "../core/input-error.ts";
import { reading } from "./host-files.ts";
import { placed, type DataReader } from "./program.ts";
import type { Table } from "../data/table.ts";

/** Makes the text of a file a table. Of a file that is `asked` about, every row counts. */
export type TextParser = (text: string, data: DataFacts, asked?: string) => Table;

/** One file of all rows. */
export const csvFile = (parse: TextParser): DataReader => ({
  help: "FILE          CSV in UTF-8 to train on: its first row names the columns (needed)",
  async read({ data }, { "--predict": asked, "--data": file = asked, "--out": out }) {
    if (file === undefined) throw new InputError("--data FILE is needed (see --help)");
    const text = await reading(file, (files) => files.readFile(file, "utf8"), out);
    return { file, table: placed(file, () => parse(text, data, asked)) };
  },
});
