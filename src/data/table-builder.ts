// A table that is filled record by record while a file streams by, as `runtime/table-of-records.ts` makes one of records in memory.
import { checkNames, checkCells, checkAnyRow } from "../runtime/table-of-records.ts";
import type { Column, Table, TableRecord } from "../runtime/table.ts";
import type { ColumnBuilder } from "./column-builder.ts";
import { inFile } from "./in-file.ts";
import { rowLines } from "./row-lines.ts";
import { tableFaults } from "./table-faults.ts";
import { buildersFor, type Wanted } from "./wanted-columns.ts";

/** A column that the model does not read: it is there to be named. */
const unread: Column = { size: 1, numbers: () => new Float64Array(0), text: () => "" };

export interface TableBuilder {
  /** The next record; the first names the columns. Throws a DiagnosticError if it is no header; wrong rows are told at the end. */
  add(record: TableRecord): void;
  /** @throws DiagnosticError */
  end(): Table;
}

/** Of a file with `most` rows at most. */
export function tableBuilder(file: string, wanted: Wanted, most: number): TableBuilder {
  const faults = tableFaults(file);
  const lines = rowLines();
  let header: TableRecord | undefined;
  let builders: ReadonlyMap<string, ColumnBuilder> = new Map();
  let cells: readonly (readonly [place: number, builder: ColumnBuilder])[] = [];
  let rows = 0;
  const begin = (record: TableRecord) => {
    inFile(file, "T2003", () => checkNames(record));
    header = record;
    builders = buildersFor(wanted, record.cells, most);
    cells = [...builders].map(([name, builder]) => [record.cells.indexOf(name), builder]);
    lines.add(record.line);
  };
  const addRow = (names: readonly string[], record: TableRecord) => {
    checkCells(names, record);
    for (const [place, builder] of cells) builder.add(record.cells[place]);
    lines.add(record.line);
    rows++;
  };
  return {
    add(record) {
      if (header === undefined) begin(record);
      else {
        const names = header.cells;
        faults.noting(() => addRow(names, record));
      }
    },
    end() {
      faults.end();
      inFile(file, "T2003", () => {
        checkNames(header);
        checkAnyRow(rows, header?.line ?? 1);
      });
      const names = header?.cells ?? [];
      const columns = new Map(names.map((name) => [name, builders.get(name)?.end() ?? unread]));
      return { rows, columns, lineOf: (row) => lines.lineOf(row) };
    },
  };
}
