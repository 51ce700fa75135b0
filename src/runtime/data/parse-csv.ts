// Reads comma-separated values as RFC 4180 has them: quoted cells, doubled quotes, any line ends, a byte-order mark.
import { InputError } from "../core/input-error.ts";
import { tableOf } from "./table-of-records.ts";
import type { Table, TableRecord } from "./table.ts";

/** The table of a CSV file's text, whose first row names the columns. Empty lines are skipped. */
export function parseCsv(text: string): Table {
  return tableOf(csvRecords(text));
}

/**
 * The records of a CSV file. `pattern` is one cell, quoted or plain, and what ends it: a comma, a line's end,
 * or the end of the text; U+FFFD is in none: what is not UTF-8 was read as that.
 */
export function csvRecords(
  text: string,
  pattern = /(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^",\r\n\ufffd]*))(,|\r?\n|\r|$)/y,
): TableRecord[] {
  const records: TableRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  text = text.replace(/^\ufeff/, "");
  for (let end = ","; end !== "";) {
    const match = pattern.exec(text);
    if (match === null) throw new InputError("a stray quote, or no CSV in UTF-8", line);
    const [, quoted, plain] = match;
    end = match[3];
    cells.push(plain ?? quoted.replaceAll('""', '"'));
    if (/[^\r\n]/.test(end)) continue;
    if (cells.length > 1 || cells[0] !== "") records.push({ cells, line });
    line += cells.reduce((lines, cell) => lines + cell.split(/\r?\n|\r/).length - 1, 1);
    cells = [];
  }
  return records;
}
