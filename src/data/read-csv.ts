// Reads a CSV file for the command line. The emitted program has a small reader of its own (`runtime/parse-csv.ts`); this one
// stands on a kept parser. Both give the same table.
import { CsvError, parse } from "csv-parse/sync";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { tableOf, type Table, type TableRecord } from "../runtime/table.ts";
import { readBytes } from "./read-bytes.ts";

/** How many wrong rows are named before "and so many more". */
const shownFaults = 5;

/** The table in a CSV file whose first row names the columns. Throws a {@link DiagnosticError} that says file and line. */
export async function readCsv(file: string): Promise<Table> {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await readBytes(file));
  const table = tableOf(recordsOf(text, file));
  if ("columns" in table) return table;
  const shown = table.slice(0, shownFaults).map(({ line, message }) => fault("T2003", file, line, message));
  const more = table.length - shown.length;
  const [first, ...others] = shown;
  throw new DiagnosticError([
    more > 0 ? { ...first, notes: [`${more} more rows are wrong in the same way`] } : first,
    ...others,
  ]);
}

function recordsOf(text: string, file: string): TableRecord[] {
  const records: TableRecord[] = [];
  // Counted here: the parser takes a CRLF inside quotes for two lines.
  let line = 1;
  try {
    parse(text, {
      bom: true,
      relax_column_count: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      on_record: (cells: string[]) => {
        if (cells.length > 1 || cells[0] !== "") records.push({ cells, line });
        line += cells.reduce((lines, cell) => lines + cell.split(/\r?\n|\r/).length - 1, 1);
        return null;
      },
    });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DiagnosticError([fault("T2002", file, line, "a quote that does not enclose a whole cell")]);
  }
}

function fault(code: string, file: string, line: number, message: string): Diagnostic {
  return { code, severity: "error", message, place: { file, line } };
}
