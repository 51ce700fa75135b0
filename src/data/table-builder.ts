// A table that is filled record by record while a file streams by, as `runtime/table-of-records.ts` makes one of records in memory.
import { dropText } from "../runtime/clean-csv.ts";
import { isMissing } from "../runtime/missing.ts";
import { checkAnyRow, checkCells, checkNames } from "../runtime/table-of-records.ts";
import type { Column, Table } from "../runtime/table.ts";
import type { Cell } from "./column-builder.ts";
import { inFile } from "./in-file.ts";
import { rowLines } from "./row-lines.ts";
import { tableFaults } from "./table-faults.ts";
import { wantedColumns, type Wanted, type WantedColumn } from "./wanted-columns.ts";

/** A column that the model does not read: it is there to be named. */
const unread: Column = { size: 1, numbers: () => new Float64Array(0), text: () => "" };

/** Names the columns. */
interface Header {
  readonly cells: readonly string[];
  readonly line: number;
}

export interface TableBuilder {
  /** The columns' names come before any row. @throws DiagnosticError */
  begin(header: Header): void;
  /** A row that is wrong is told at the end. */
  add(record: { readonly cells: readonly Cell[]; readonly line: number }): void;
  /** The table, and what is to be said of rows that are left out. @throws DiagnosticError */
  end(): ReadTable;
}

/** A table, and what is to be said of the rows that it leaves out. */
export interface ReadTable extends Table {
  readonly told: string;
}

/** Of a file with `most` rows at most. */
export function tableBuilder(file: string, wanted: Wanted, most: number): TableBuilder {
  const faults = tableFaults(file);
  const lines = rowLines();
  let header: Header | undefined;
  let columns: readonly WantedColumn[] = [];
  let [rows, dropped] = [0, 0];
  return {
    begin(found) {
      inFile(file, "T2003", () => checkNames(found));
      header = found;
      columns = wantedColumns(wanted, found.cells, most);
      lines.add(found.line);
    },
    add({ cells, line }) {
      faults.noting(() => {
        checkCells(header?.cells ?? [], { cells, line });
        if (columns.some(({ place, drops }) => drops && isAbsent(cells[place]))) dropped++;
        else {
          for (const { place, builder } of columns) builder.add(cells[place], line);
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
      return { rows, columns: all, lineOf: (row) => lines.lineOf(row), told };
    },
  };
}

function isAbsent(cell: Cell): boolean {
  if (typeof cell === "string") return isMissing(cell);
  return typeof cell === "object" ? cell.some(Number.isNaN) : Number.isNaN(cell);
}
