// Orders rows by time, either all rows together or the rows of each group. The order comes from a column of
// times, or from the order in the file.
import { wrongDate } from "./date-encoder.ts";
import { dateReader } from "./dates.ts";
import type { DateTime } from "./dates.ts";
import type { EncodingContext, ReadTimes } from "./dataset.ts";
import { columnOf, wrongCell } from "./fields.ts";
import type { TimeColumn } from "./fields.ts";
import { numberIn } from "./table.ts";
import type { Table } from "./table.ts";
import { shown } from "../step/errors.ts";

/** Rows in the order of time. */
export interface Sequence {
  rows: Int32Array;
  /** The time of each row of the table, if the spec names a column of times. */
  times?: Float64Array | undefined;
}

/** Reads times as days since 1970, or as plain numbers. */
export const readMoments: ReadTimes = (table, column) => {
  const momentIn = momentReader(column);
  return Float64Array.from({ length: table.rows }, (_, row) => momentIn(table, row));
};

/**
 * Creates a reader for the time of a row. The reader throws if only some of the times that it reads have an
 * offset from UTC.
 */
export function momentReader({ column, format }: TimeColumn): (table: Table, row: number) => number {
  const read = timeReader(format);
  let first: DateTime | undefined;
  return (table, row) => {
    const cell = columnOf(table, column).text(row);
    const time = read(cell);
    if (typeof time === "number") return time;
    if (time === undefined) throw wrongCell(table, column, row, wrongTime(cell, format));
    first ??= time;
    if (time.hasOffset === first.hasOffset) return time.moment;
    const has = time.hasOffset
      ? "an offset from UTC, but earlier times have none"
      : "no offset from UTC, but earlier times have one";
    throw wrongCell(table, column, row, `"${shown(cell)}" has ${has}`);
  };
}

/** Creates a reader for times of this format. For the format "number", the reader returns numbers. */
export function timeReader(format: string | undefined): (text: string) => DateTime | number | undefined {
  if (format !== "number") return dateReader(format);
  return (text) => {
    const number = numberIn(text);
    return Number.isNaN(number) ? undefined : number;
  };
}

const wrongTime = (cell: string, format: string | undefined): string =>
  format === "number" && cell.trim() !== "" ? `"${shown(cell)}" is not a number` : wrongDate(cell, format);

/** Returns the times of all rows, or undefined if the spec does not name a column of times. */
export function timesOf({ data, readTimes }: EncodingContext, table: Table): Float64Array | undefined {
  return data.timeColumn && readTimes?.(table, data.timeColumn);
}

/** Returns the rows of each group, in the order of the table. */
export function rowsByGroup(table: Table, column: string, rows: Int32Array): Map<string, Int32Array> {
  const { text } = columnOf(table, column);
  const lists = new Map<string, number[]>();
  for (const row of rows) {
    const group = text(row).trim();
    if (group === "") throw wrongCell(table, column, row, "the cell is empty, so the row has no group");
    const list = lists.get(group);
    if (list) list.push(row);
    else lists.set(group, [row]);
  }
  return new Map([...lists].map(([group, list]) => [group, Int32Array.from(list)]));
}

/**
 * Returns the rows as sequences. With times, there is one sequence, in the order of the times. Without
 * times, there is one for each group of windows, in the order of the table.
 */
export function sequencesOf(context: EncodingContext, table: Table, rows: Int32Array): Sequence[] {
  const times = timesOf(context, table);
  if (times) return [{ rows: rows.slice().sort((a, b) => times[a]! - times[b]! || a - b), times }];
  const { group } = context.data.windowRule ?? {};
  const parts = group === undefined ? [rows] : [...rowsByGroup(table, group, rows).values()];
  return parts.map((part) => ({ rows: part }));
}

/**
 * Returns the position of a cut. If a cut at `position` would separate rows with equal times, it moves back
 * to the first of these rows.
 */
export function cutAt({ rows, times }: Sequence, position: number): number {
  let cut = position;
  while (times && cut > 0 && cut < rows.length && times[rows[cut]!]! === times[rows[cut - 1]!]!) cut--;
  return cut;
}

/** All rows, series by series, and the position after the last row of each series. */
export interface SeriesOrder {
  order: Int32Array;
  ends: number[];
}

/**
 * Returns all rows, group by group, in the order of the table. With `gaps: "cut"`, a series ends at a gap.
 * Throws if the times of a group do not increase from row to row.
 */
export function seriesOrder(context: EncodingContext, table: Table): SeriesOrder {
  const { timeColumn, windowRule: { group, gaps } = {} } = context.data;
  const all = new Int32Array(table.rows).map((_, row) => row);
  const groups: [string | undefined, Int32Array][] =
    group === undefined ? [[undefined, all]] : [...rowsByGroup(table, group, all)];
  const times = timesOf(context, table);
  const order = new Int32Array(table.rows);
  const ends: number[] = [];
  let position = 0;
  for (const [name, rows] of groups) {
    if (times && timeColumn) checkIncreasing(table, timeColumn, times, rows, name);
    order.set(rows, position);
    position += rows.length;
    ends.push(position);
  }
  if (times === undefined || gaps !== "cut") return { order, ends };
  return { order, ends: [...ends, ...gapsIn(times, { order, ends }).positions].sort((a, b) => a - b) };
}

/**
 * Returns the positions in `order` of the rows after a gap, and the usual distance in time between
 * consecutive rows, which is the median. A gap is a distance of more than 1.5 times the usual distance.
 * Months differ in length by less, so monthly data has no gaps.
 */
export function gapsIn(
  times: Float64Array,
  { order, ends }: SeriesOrder,
): { positions: Int32Array; usual: number } {
  const begins = new Set([0, ...ends]);
  const inside = order.map((_, position) => position).filter((position) => !begins.has(position));
  const before = (position: number) => times[order[position]!]! - times[order[position - 1]!]!;
  const distances = Float64Array.from(inside, before).sort();
  const usual = distances[distances.length >> 1] ?? 0;
  return { positions: inside.filter((position) => before(position) > 1.5 * usual), usual };
}

function checkIncreasing(
  table: Table,
  { column }: TimeColumn,
  times: Float64Array,
  rows: Int32Array,
  group: string | undefined,
): void {
  const at = rows.findIndex((row, i) => i > 0 && !(times[row]! > times[rows[i - 1]!]!));
  if (at < 0) return;
  const [before, row] = [rows[at - 1]!, rows[at]!];
  const { text } = columnOf(table, column);
  const same = times[row]! === times[before]!;
  const where = group === undefined ? "" : ` of the group "${shown(group)}"`;
  const fix =
    same && group === undefined
      ? "if the rows form several series, name their column as group"
      : "sort the file by time";
  throw wrongCell(
    table,
    column,
    row,
    `the time "${shown(text(row))}" is ${same ? "that of" : "before"} the previous row${where}` +
      (same ? "" : `, "${shown(text(before))}"`) +
      `; windows need increasing times: ${same && group !== undefined ? "remove one of the two rows" : fix}`,
  );
}
