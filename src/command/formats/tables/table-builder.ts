// A table that is filled record by record while a file streams by, as `runtime/table-of-records.ts` makes one
// of records in memory.
import { dropText } from "../../../runtime/program/clean-csv.ts";
import { InternalError } from "../../../compiler/diagnostics/errors.ts";
import { InputError } from "../../../runtime/core/input-error.ts";
import { isMissing } from "../../../runtime/data/missing.ts";
import { checkAnyRow, checkCells, checkNames } from "../../../runtime/data/table-of-records.ts";
import type { Column, Table } from "../../../runtime/data/table.ts";
import type { Cell } from "./column-builder.ts";
import { inFile } from "./in-file.ts";
import { mostColumns } from "./limits.ts";
import { rowLines } from "./row-lines.ts";
import { tableFaults } from "./table-faults.ts";
import { wantedColumns, type Wanted, type WantedColumn } from "./wanted-columns.ts";

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

export interface TableBuilder {
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
