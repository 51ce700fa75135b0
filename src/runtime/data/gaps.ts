// Warns about gaps in the times of a series, because windows span them as if no row were missing.
import type { DescribeGaps } from "./dataset.ts";
import { columnOf } from "./fields.ts";
import { gapsIn, seriesOrder, timesOf } from "./series.ts";
import { shown } from "../step/errors.ts";

/** The maximum number of gaps that the warning locates. */
const named = 5;

/** Returns a warning that lists the first gaps and says what to do, or undefined if there are no gaps. */
export const gapText: DescribeGaps = (context, table) => {
  const { timeColumn, windowRule: { group } = {} } = context.data;
  const times = timesOf(context, table);
  if (times === undefined || timeColumn === undefined) return undefined;
  const series = seriesOrder(context, table);
  const { positions, usual } = gapsIn(times, series);
  const [first, ...others] = positions;
  if (first === undefined) return undefined;
  const { column } = timeColumn;
  const [row, before] = [series.order[first]!, series.order[first - 1]!];
  const cellOf = (name: string, at: number) => `"${shown(columnOf(table, name).text(at))}"`;
  const placeOf = (at: number) => {
    const line = table.lineOf(at) ?? `row ${at + 1}`;
    return typeof line === "number" ? `line ${line}` : line;
  };
  const places = others.slice(0, named - 1).map((position) => placeOf(series.order[position]!));
  const more = others.length > places.length ? ` and ${others.length - places.length} more` : "";
  const further = places.length > 0 ? `; further gaps are before ${places.join(", ")}${more}` : "";
  const factor = Number(((times[row]! - times[before]!) / usual).toPrecision(3));
  const where = group === undefined ? "" : ` in the group ${cellOf(group, row)}`;
  return (
    `the column "${shown(column)}" has ${positions.length === 1 ? "a gap" : `${positions.length} gaps`}: ` +
    `${cellOf(column, before)} is followed by ${cellOf(column, row)}${where} (${placeOf(row)}), ` +
    `${factor} times the usual distance${further}. ` +
    'Windows reach across gaps as if no row were missing. Add the missing rows, or set data.windows.gaps to "cut" ' +
    'for windows without gaps, or to "keep" if the gaps are intended'
  );
};
