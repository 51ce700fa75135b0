// Reads the text of a CSV file, in the way in which the parsers of emitted programs read a file.
import { csv, tableOfText } from "../../src/runtime/data/csv.ts";
import type { DataFacts } from "../../src/runtime/data/fields.ts";
import type { Table } from "../../src/runtime/data/table.ts";
import { cleanedCsv } from "../../src/runtime/program/readers.ts";

export const parseCsv = (text: string, data: DataFacts = { inputs: {}, targets: {} }): Table =>
  tableOfText(text, csv, data);

export const parseCleaned = (text: string, data: DataFacts): Table => tableOfText(text, cleanedCsv, data);
