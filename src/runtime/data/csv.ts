// The CSV parser, which builds a table from the pieces of a text.
import { InputError } from "../step/errors.ts";
import { namedBy } from "./fields.ts";
import type { DataFacts, ReadColumns } from "./fields.ts";
import { numberList, storedColumn } from "./stored-column.ts";
import type { StoredColumn } from "./stored-column.ts";
import { checkAnyRow, checkCells, checkNames, numberIn } from "./table.ts";
import type { Table } from "./table.ts";

/** Reads the pieces of a text in order. Errors contain the line number. */
interface PieceReader<Result> {
  add(piece: string): void;
  end(): Result;
}

/** Builds a table from the pieces of a text. */
export type TextReader = PieceReader<Table>;

/**
 * Creates a reader for one text. `predictedFile` is present if the model will make predictions for its rows. In
 * that case, no row is dropped, and the order of the columns may differ from that of the training file.
 */
export type TextFormat = (data: DataFacts, predictedFile?: string) => TextReader;

/** The columns of a CSV file, and how its form differs from plain CSV. */
export interface CsvForm {
  /** The columns to store, by type. */
  readonly reads?: ReadColumns;
  /** Reads the number in a cell. */
  readonly readNumber?: (cell: string) => number;
  /** Whether to leave out a row. */
  readonly skipsRow?: (cells: readonly string[], names: readonly string[]) => boolean;
  /** Matches one cell and its end. */
  readonly cellPattern?: RegExp;
}

/**
 * Reads CSV (RFC 4180) with quoted cells, doubled quotes, any line endings and a byte-order mark. The first
 * row contains the column names. Columns that `reads` does not name are not stored. With `predictedFile`, they are
 * stored as texts, because a range may select other columns in this file. Without `reads`, all columns are
 * texts. Empty lines are skipped.
 */
export function csv(form: CsvForm, predictedFile?: string): TextReader {
  let names: readonly string[] = [];
  let columns: StoredColumn[] = [];
  let [found, rows] = [0, 0];
  const lines = numberList();
  const take = (cells: readonly string[], line: number) => {
    if (names.length === 0) {
      checkNames({ cells, line });
      names = cells;
      const kinds = new Map<string, string>();
      for (const [kind, entries] of Object.entries(form.reads ?? { texts: names }))
        for (const name of namedBy(names, entries).flat()) kinds.set(name, kind);
      columns = names.map((name) => {
        const kind = kinds.get(name) ?? (predictedFile && "texts");
        return storedColumn(form.readNumber ?? numberIn, kind);
      });
    } else {
      checkCells(names.length, cells.length, line);
      found++;
      if (form.skipsRow?.(cells, names)) return;
      columns.forEach(({ add }, i) => add(cells[i]!));
      rows++;
    }
    lines.push(line);
  };
  const records = form.cellPattern ? recordsOf(take, form.cellPattern) : recordsOf(take);
  return {
    add: records.add,
    end() {
      records.end();
      if (names.length === 0) checkNames(undefined);
      checkAnyRow(found, lines.at(0));
      return {
        rows,
        columns: new Map(columns.map((column, i) => [names[i]!, column])),
        lineOf: (row) => lines.at(row + 1),
      };
    },
  };
}

/**
 * The maximum number of characters of a record that spans several pieces. Without this limit, a cell with an
 * unclosed quote would contain the rest of the file.
 */
const longestRecord = 0x1000000;

/**
 * Splits the pieces of a CSV file into records. `pattern` matches one cell, quoted or plain, and its end: a
 * comma or a line break. It does not match U+FFFD, because this character replaces bytes that are not UTF-8.
 * It does not match a `\r` at the end of a piece, because a `\n` may follow.
 */
export function recordsOf(
  take: (cells: readonly string[], line: number) => void,
  pattern = /(?:"([^"\ufffd]*(?:""[^"\ufffd]*)*)"|([^",\r\n\ufffd]*))(,|\r?\n|\r(?!$))/y,
): PieceReader<void> {
  let [line, rest, longest] = [1, "", longestRecord];
  const add = (piece: string) => {
    rest += piece;
    if (line === 1) rest = rest.replace(/^\ufeff/, "");
    let start = 0;
    let cells: string[] = [];
    for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
      const [, quoted, plain, end] = match;
      cells.push(plain ?? quoted!.replaceAll('""', '"'));
      if (/[^\r\n]/.test(end!)) continue;
      if (cells.length > 1 || plain !== "") take(cells, line);
      cells = [];
      const record = rest.slice(start, pattern.lastIndex);
      line += record.split(/\r?\n|\r/).length - 1;
      start += record.length;
    }
    // The last record of a piece continues in the next piece.
    rest = rest.slice(start);
    if (rest.length > longest) throw new InputError("invalid quote, or invalid UTF-8", line);
  };
  return {
    add,
    end() {
      longest = 0;
      add("\n");
    },
  };
}

/** Reads a whole text. */
export function tableOfText(text: string, format: TextFormat, data: DataFacts): Table {
  const { add, end } = format(data);
  add(text);
  return end();
}
