// Reads a CSV file for the command line, as a stream into columns. The emitted program has a small reader of its own
// (`runtime/parse-csv.ts`); this one stands on a kept parser. Both give the same table.
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { DiagnosticError } from "../diagnostics/errors.ts";
import type { Table, TableRecord } from "../runtime/table.ts";
import { bytesOf, countLines } from "./open-bytes.ts";
import { tableBuilder } from "./table-builder.ts";
import type { Wanted } from "./wanted-columns.ts";

/** The table in a CSV file whose first row names the columns. Throws a {@link DiagnosticError} that says file and line. */
export async function readCsv(file: string, wanted: Wanted): Promise<Table> {
  const table = tableBuilder(file, wanted, await countLines(file));
  await eachRecord(file, table.add);
  return table.end();
}

/** Records one after the other; empty lines are none. */
async function eachRecord(file: string, take: (record: TableRecord) => void): Promise<void> {
  // Counted here: the parser takes a CRLF inside quotes for two lines.
  let line = 1;
  const parser = parse({
    bom: true,
    relax_column_count: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    on_record: (cells: string[]) => {
      if (cells.length > 1 || cells[0] !== "") take({ cells, line });
      line += cells.reduce((lines, cell) => lines + endsIn(cell), 1);
      return null;
    },
  });
  parser.resume();
  try {
    await pipeline(bytesOf(file), parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const message = "a quote that does not enclose a whole cell";
    throw new DiagnosticError([{ code: "T2002", severity: "error", message, place: { file, line } }]);
  }
}

/** How many ends of lines a cell holds. */
function endsIn(cell: string): number {
  return /[\r\n]/.test(cell) ? cell.split(/\r?\n|\r/).length - 1 : 0;
}
