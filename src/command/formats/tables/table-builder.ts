// A table that is filled record by record while a file streams by, as `runtime/table-of-records.ts` makes one
// of records in memory.
import { isUtf8 } from "node:buffer";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, InternalError } from "../../../compiler/diagnostics/errors.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { isMissing } from "../../../runtime/data/column-codec.ts";
import { checkAnyRow, checkCells, checkNames } from "../../../runtime/data/table.ts";
import type { Column, Table } from "../../../runtime/data/table.ts";
import { dropText } from "../../../runtime/program/readers.ts";
import { wantedColumns } from "./column-builder.ts";
import type { Cell, Wanted, WantedColumn } from "./column-builder.ts";
import { inFile, mostColumns, wrongIn } from "./open-bytes.ts";

/** A column that the model does not read: it is there to be named. */
const unread: Column = {
  size: 1,
  numbers: notRead,
  text: notRead,
};

function notRead(): never {
  throw new InternalError("a column is asked for that was not read");
}

/** Names the columns. */
interface Header {
  readonly cells: readonly string[];
  readonly line: number;
}

interface TableBuilder {
  /** The columns' names come before any row; which of them are read. @throws DiagnosticError */
  begin(header: Header): ReadonlySet<string>;
  /**
   * A row on its line (or of its number, where a file has no lines): how many cells it has, and the one of
   * each column that is read. Wrong rows, and cells that throw, are reported at the end.
   */
  add(line: number, width: number, cellAt: (place: number) => Cell): void;
  /** The table, and what is to be said of rows that are left out. @throws DiagnosticError */
  end(): ReadTable;
}

/** A table, and what is to be said of the rows that it leaves out. */
export interface ReadTable extends Table {
  readonly told: string;
}

/** `nameOf` says what the rows are called, if they have no lines. */
export function tableBuilder(
  file: string,
  wanted: Wanted,
  nameOf: (line: number) => number | string | undefined = (line) => line,
): TableBuilder {
  const faults = tableFaults(file);
  const lines = rowLines();
  let header: Header | undefined;
  let columns: readonly WantedColumn[] = [];
  let [rows, dropped] = [0, 0];
  return {
    begin(found) {
      inFile(file, "T2003", () => {
        checkColumns(found.cells.length);
        checkNames(found);
      });
      header = found;
      columns = wantedColumns(wanted, found.cells);
      lines.add(found.line);
      return new Set(columns.map(({ name }) => name));
    },
    add(line, width, cellAt) {
      faults.noting(() => {
        checkCells(header?.cells.length ?? 0, width, nameOf(line));
        const cells = columns.map(({ place }) => cellAt(place));
        if (columns.some(({ drops }, i) => drops && isAbsent(cells[i]))) dropped++;
        else {
          columns.forEach(({ builder }, i) => builder.add(cells[i], nameOf(line)));
          lines.add(line);
          rows++;
        }
      });
    },
    end() {
      faults.end();
      const told = inFile(file, "T2003", () => {
        checkNames(header);
        const text = dropText(dropped, rows + dropped);
        checkAnyRow(rows, header?.line ?? 1);
        return text;
      });
      const built = new Map(columns.map(({ name, builder }) => [name, builder.end()]));
      const all = new Map((header?.cells ?? []).map((name) => [name, built.get(name) ?? unread]));
      return { rows, columns: all, lineOf: (row) => nameOf(lines.lineOf(row)), told };
    },
  };
}

/** @throws InputError for more columns than a table can have */
export function checkColumns(count: number): void {
  if (count > mostColumns)
    throw new InputError(`the file has ${count} columns, and a table has at most ${mostColumns}`);
}

function isAbsent(cell: Cell): boolean {
  if (typeof cell === "string") return isMissing(cell);
  return typeof cell === "object" ? cell.some(Number.isNaN) : Number.isNaN(cell);
}

// Values of formats that know more than text, as cells of a table.

/**
 * Nothing is an empty cell, and a list of numbers, nested or not, is a cell of so many. What can be no cell
 * throws, with the line.
 */
export function cellOf(value: unknown, column: string, line: number | string | undefined): Cell {
  switch (typeof value) {
    case "undefined":
      return "";
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return String(value);
  }
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return value.flat(Infinity).map((entry: unknown) => numberOf(entry, column, line));
  if (value instanceof Uint8Array && !isUtf8(value))
    throw new InputError(`column "${shown(column)}": the text is not UTF-8`, line);
  throw new InputError(`column "${shown(column)}": an object is no value`, line);
}

function numberOf(entry: unknown, column: string, line: number | string | undefined): number {
  if (typeof entry === "number" || typeof entry === "boolean" || typeof entry === "bigint")
    return Number(entry);
  if (entry === null) return NaN;
  throw new InputError(`column "${shown(column)}": ${showValue(entry)} in a list of numbers`, line);
}

// On which line of a file each row begins. Nearly all rows follow right after the one before, so only the
// others are noted.

interface RowLines {
  /** The next row begins here. */
  add(line: number): void;
  lineOf(row: number): number;
}

/** Row −1 is the header. */
function rowLines(): RowLines {
  // line = row + shift for the rows from `from` on
  const from: number[] = [];
  const shifts: number[] = [];
  let next = -1;
  return {
    add(line) {
      if (shifts[shifts.length - 1] !== line - next) {
        from.push(next);
        shifts.push(line - next);
      }
      next++;
    },
    lineOf: (row) => row + shifts[from.findLastIndex((first) => first <= row)],
  };
}

// What is wrong with the rows of a data file, gathered while it is read: the first few are told, the others counted.

/** How many wrong rows are named before "and so many more". */
const shownFaults = 5;

interface TableFaults {
  /** Does some work on a row; what the runtime has against it is noted. */
  noting(work: () => void): void;
  /** @throws DiagnosticError if anything was noted */
  end(): void;
}

function tableFaults(file: string): TableFaults {
  const shown: Diagnostic[] = [];
  let more = 0;
  return {
    noting(work) {
      try {
        work();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (shown.length === shownFaults) more++;
        else shown.push(wrongIn(file, "T2003", error));
      }
    },
    end() {
      const [first, ...others] = shown;
      if (first === undefined) return;
      const notes = more > 0 ? [`${more} more rows are wrong in the same way`] : [];
      throw new DiagnosticError([more > 0 ? { ...first, notes } : first, ...others]);
    },
  };
}
