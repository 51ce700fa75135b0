// Reads a CSV file as a stream into columns, with the parser csv-parse. Emitted programs contain a separate,
// small parser (`runtime/data/csv.ts`). Both parsers return the same table.
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { namedBy } from "../../../runtime/data/fields.ts";
import type { TableRecord } from "../../../runtime/data/table.ts";
import { checkUnpacked, maxLineBytes } from "./open-bytes.ts";
import { tooLong, utf8BytesOf } from "./read-lines.ts";
import { tableBuilder } from "./table-builder.ts";
import type { ReadTable, TableBuilder } from "./table-builder.ts";
import { listedColumns } from "./column-builder.ts";
import type { Wanted } from "./column-builder.ts";

/** Reads a CSV file whose first row names the columns. @throws DiagnosticError with file and line */
export async function readCsv(
  file: string,
  wanted: Wanted,
  table: TableBuilder = tableBuilder(file, wanted),
): Promise<ReadTable> {
  const { separator = "," } = wanted.data;
  await checkUnpacked(file);
  let take = (header: TableRecord) => {
    checkSeparator(file, wanted, header);
    table.begin(header);
    take = ({ cells, line }) => table.add(line, cells.length, (position) => cells[position]);
  };
  await eachRecord(file, separator, (record) => take(record));
  return table.end();
}

/**
 * Detects a different separator: the header is a single cell that is not a column of the model and contains
 * separators.
 */
function checkSeparator(file: string, wanted: Wanted, { cells, line }: TableRecord): void {
  const other = /[,;\t|]/.exec(cells[0])?.[0];
  const listed = listedColumns(wanted);
  if (other === undefined || cells.length > 1 || namedBy(cells, listed).flat().length > 0) return;
  const message = `the first row is a single cell that contains the probable separator ${JSON.stringify(other)}`;
  const hint = `add to the data section: "separator": ${JSON.stringify(other)}`;
  throw new DiagnosticError([{ code: "T2003", severity: "error", message, hint, location: { file, line } }]);
}

/** Calls `take` for each record. Skips empty lines. */
async function eachRecord(
  file: string,
  separator: string,
  take: (record: TableRecord) => void,
): Promise<void> {
  // Lines are counted here, because the parser counts a CRLF inside quotes as two lines.
  let line = 1;
  let [pending, empty] = [0, 0];
  /** Counts empty lines, which the parser does not report. */
  const passEmpty = (found: number) => {
    if (found > empty) pending = 0;
    line += found - empty;
    empty = found;
  };
  const bytes = async function* () {
    for await (const piece of utf8BytesOf(file)) {
      passEmpty(parser.info.empty_lines);
      if (pending > maxLineBytes) throw tooLong(file, line);
      pending += piece.length;
      yield piece;
    }
  };
  const parser = parse({
    bom: true,
    delimiter: separator,
    relax_column_count: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    on_record: (cells: string[], { empty_lines: found }) => {
      passEmpty(found);
      pending = 0;
      take({ cells, line });
      line += cells.reduce((lines, cell) => lines + endsIn(cell), 1);
      return null;
    },
  });
  parser.resume();
  try {
    await pipeline(bytes, parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    passEmpty(parser.info.empty_lines);
    const message = "invalid quote";
    const hint = "quotes must enclose the whole cell; write a quote inside a cell twice";
    throw new DiagnosticError([
      { code: "T2002", severity: "error", message, hint, location: { file, line } },
    ]);
  }
}

/** The number of line breaks in a cell. */
function endsIn(cell: string): number {
  return /[\r\n]/.test(cell) ? cell.split(/\r?\n|\r/).length - 1 : 0;
}
