// Builds a table record by record while a file is read. In emitted programs, `csv` in `runtime/data/csv.ts`
// builds the same table.
import { isUtf8 } from "node:buffer";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, InternalError } from "../../../compiler/diagnostics/errors.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { isMissing } from "../../../runtime/data/column-encoder.ts";
import { checkAnyRow, checkCells, checkNames } from "../../../runtime/data/table.ts";
import type { Column, Table } from "../../../runtime/data/table.ts";
import { dropText } from "../../../runtime/program/readers.ts";
import { checkCellShape, shapeOf } from "./cell-shapes.ts";
import type { WholeField } from "./cell-shapes.ts";
import { wantedColumns } from "./column-builder.ts";
import type { Cell, Wanted, WantedColumn } from "./column-builder.ts";
import { inFile, maxColumns, wrongIn } from "./open-bytes.ts";

/** A column that the model does not read. Only its name is used, in messages. */
export const unreadColumn: Column = {
  size: 1,
  number: notRead,
  text: notRead,
};

function notRead(): never {
  throw new InternalError("a column is used that was not read");
}

/** The column names and their line. */
interface Header {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Returns the cell at a position of the row. `fields` are the inputs and targets that read only this cell. */
export type CellAt = (position: number, fields: readonly WholeField[]) => Cell;

export interface TableBuilder {
  /**
   * Sets the column names, before any row. Returns the names of the columns that are read.
   * @throws DiagnosticError
   */
  begin(header: Header): ReadonlySet<string>;
  /**
   * Adds a row of `width` cells. `line` is the row number if the file has no lines. Errors in rows are
   * collected and thrown by `end`.
   */
  add(line: number, width: number, cellAt: CellAt): void;
  /** @throws DiagnosticError with the errors of all rows */
  end(): ReadTable;
}

/** Builds several tables, one after the other, from the rows of a file. */
interface BlockBuilder extends TableBuilder {
  /** The number of rows since the last block. */
  rows(): number;
  /** Returns these rows as a table with all columns, and begins a new block. */
  block(): Table;
}

/** A table, and a notice about dropped rows, which is empty if no row was dropped. */
export interface ReadTable extends Table {
  readonly notice: string;
}

/** `nameOf` names a row in messages about files without lines. */
export function tableBuilder(
  file: string,
  wanted: Wanted,
  nameOf: (line: number) => number | string | undefined = (line) => line,
): BlockBuilder {
  const errors = rowErrors(file);
  let lines = rowLines();
  let header: Header | undefined;
  let columns: readonly WantedColumn[] = [];
  let [rows, all, dropped] = [0, 0, 0];
  const tableOf = (): Table => {
    const [built, of] = [new Map(columns.map(({ name, builder }) => [name, builder.end()])), lines];
    const everyColumn = new Map((header?.cells ?? []).map((name) => [name, built.get(name) ?? unreadColumn]));
    return { rows, columns: everyColumn, lineOf: (row) => nameOf(of.lineOf(row)) };
  };
  return {
    begin(found) {
      inFile(file, "T2003", () => {
        checkColumns(found.cells.length);
        checkNames(found);
      });
      header = found;
      wanted.checkNames?.(found.cells);
      columns = wantedColumns(wanted, found.cells);
      lines.add(found.line);
      return new Set(columns.map(({ name }) => name));
    },
    add(line, width, cellAt) {
      errors.recording(() => {
        checkCells(header?.cells.length ?? 0, width, nameOf(line));
        const cells = columns.map(({ position, fields }) => cellAt(position, fields));
        if (columns.some(({ drops }, i) => drops && isAbsent(cells[i]))) dropped++;
        else {
          columns.forEach(({ builder }, i) => builder.add(cells[i], nameOf(line)));
          lines.add(line);
          rows++;
          all++;
        }
      });
    },
    rows: () => rows,
    block() {
      const table = tableOf();
      columns = wantedColumns(wanted, header?.cells ?? []);
      lines = rowLines();
      lines.add(header?.line ?? 1);
      rows = 0;
      return table;
    },
    end() {
      errors.end();
      const notice = inFile(file, "T2003", () => {
        checkNames(header);
        const text = dropText(dropped, all + dropped);
        checkAnyRow(all, header?.line ?? 1);
        return text;
      });
      return { ...tableOf(), notice };
    },
  };
}

/**
 * Builds tables of `size` rows, and passes each of them to `take`. The table that `end` returns contains the
 * number of all rows, but not the rows themselves.
 */
export function blocksBuilder(
  file: string,
  wanted: Wanted,
  size: number,
  take: (block: Table) => void,
): TableBuilder {
  const builder = tableBuilder(file, wanted);
  let rows = 0;
  const pass = () => {
    rows += builder.rows();
    if (builder.rows() > 0) take(builder.block());
  };
  return {
    begin: builder.begin,
    add(...row) {
      builder.add(...row);
      if (builder.rows() === size) pass();
    },
    end() {
      pass();
      return { ...builder.end(), rows };
    },
  };
}

/** @throws InputError for more columns than a table can have */
export function checkColumns(count: number): void {
  if (count > maxColumns)
    throw new InputError(`the file has ${count} columns; at most ${maxColumns} are supported`);
}

function isAbsent(cell: Cell): boolean {
  if (typeof cell === "string") return isMissing(cell);
  return typeof cell === "object" ? cell.some(Number.isNaN) : Number.isNaN(cell);
}

// Converts the typed values of formats other than CSV to cells.

/**
 * null and undefined are empty cells. A list of numbers, flat or nested, is one cell with several numbers.
 * @throws InputError for other values, and for a list whose shape is not that of the fields that read it
 */
export function cellOf(
  value: unknown,
  column: string,
  line: number | string | undefined,
  fields: readonly WholeField[],
): Cell {
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
  if (Array.isArray(value)) {
    if (value.some(Array.isArray)) checkCellShape(shapeOf(value, column, line), fields, column, line);
    return value.flat(Infinity).map((entry: unknown) => numberOf(entry, column, line));
  }
  if (value instanceof Uint8Array && !isUtf8(value))
    throw new InputError(`column "${shown(column)}": the text is not UTF-8`, line);
  throw new InputError(`column "${shown(column)}": a value must not be an object`, line);
}

function numberOf(entry: unknown, column: string, line: number | string | undefined): number {
  if (typeof entry === "number" || typeof entry === "boolean" || typeof entry === "bigint")
    return Number(entry);
  if (entry === null) return NaN;
  throw new InputError(
    `column "${shown(column)}": ${showValue(entry)} is not a number, but it is in a list of numbers`,
    line,
  );
}

// The line of each row. Most rows begin on the line after the previous row, so only the exceptions are
// stored.

interface RowLines {
  /** Adds the line of the next row. */
  add(line: number): void;
  lineOf(row: number): number;
}

/** The header is row −1. */
function rowLines(): RowLines {
  // For rows from `from[i]` on, line = row + shifts[i].
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

// Collects errors in rows while a file is read. The first errors are reported, and the others are only
// counted.

/** The maximum number of errors that are reported. */
const maxReported = 5;

interface RowErrors {
  /** Runs `work` on a row and records its InputError. */
  recording(work: () => void): void;
  /** @throws DiagnosticError if there are errors */
  end(): void;
}

function rowErrors(file: string): RowErrors {
  const shown: Diagnostic[] = [];
  let more = 0;
  return {
    recording(work) {
      try {
        work();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (shown.length === maxReported) more++;
        else shown.push(wrongIn(file, "T2003", error));
      }
    },
    end() {
      const [first, ...others] = shown;
      if (first === undefined) return;
      const notes =
        more > 0 ? [more === 1 ? "1 more row has an error" : `${more} more rows have errors`] : [];
      throw new DiagnosticError([more > 0 ? { ...first, notes } : first, ...others]);
    },
  };
}
