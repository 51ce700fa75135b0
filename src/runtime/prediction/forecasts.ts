// Forecasts from a data file, one from each window of past rows. The last window ends at the last row.
import type { Predicting } from "./predictions.ts";
import type { Cell } from "./interpretations.ts";
import type { EncodingContext } from "../data/dataset.ts";
import { columnOf } from "../data/fields.ts";
import type { FittedField } from "../data/fields.ts";
import { seriesOrder } from "../data/series.ts";
import type { Table } from "../data/table.ts";
import { windowRuleOf, windowTable } from "../data/windows.ts";
import type { WindowTable } from "../data/windows.ts";
import { InputError } from "../step/errors.ts";

/**
 * Predicts windows. A row of the result begins with the group and the time (or, without times, the number) of
 * the last past row, followed by a value for each step of the horizon: `load+1`, `load+2`.
 */
export const forecastBy =
  (predicting: Predicting): Predicting =>
  (context, fields, table, trainer) => {
    const windows = windowsToForecast(context, table);
    const [heads = [], ...rows] = predicting(context, withSteps(context, fields), windows, trainer);
    const origins = originsOf(context, windows);
    return [[...origins.heads, ...heads], ...rows.map((cells, i) => [...origins.cellsOf(i), ...cells])];
  };

/**
 * Returns the windows of a table. In each group, one window ends at the last row, and earlier ones end every
 * `stride` rows before it. A window needs future rows only if an input reads them. Groups that are too short
 * have no window.
 */
function windowsToForecast(context: EncodingContext, table: Table): WindowTable {
  const { length, horizon, stride, group } = windowRuleOf(context);
  const parts = Object.values(context.data.inputs).map(({ windowPart = "past" }) => windowPart);
  const needed = length + (parts.some((part) => part === "future" || part === "whole") ? horizon : 0);
  const { order, ends } = seriesOrder(context, table);
  const starts: number[] = [];
  let from = 0;
  for (const end of ends) {
    const own: number[] = [];
    for (let start = end - needed; start >= from; start -= stride) own.unshift(start);
    starts.push(...own);
    from = end;
  }
  if (starts.length > 0) return windowTable(table, order, starts);
  const of = group === undefined ? "the file" : "each group";
  throw new InputError(`a forecast reads ${needed} rows, but ${of} has fewer`);
}

/** Returns the fields, in which each target has a column for each step of the horizon. */
function withSteps(context: EncodingContext, fields: readonly FittedField[]): FittedField[] {
  const { horizon } = windowRuleOf(context);
  const steps = Array.from({ length: horizon }, (_, step) => step + 1);
  return fields.map((field) => {
    if (!(field.name in context.model.targets)) return field;
    const { columns, scales } = field;
    return {
      ...field,
      columns: steps.flatMap((step) => columns.map((column) => `${column}+${step}`)),
      ...(scales && { scales: steps.flatMap(() => scales) }),
    };
  });
}

/** The cells that identify the last past row of each window. */
function originsOf(context: EncodingContext, { series, order, starts }: WindowTable) {
  const { length, group } = windowRuleOf(context);
  const { timeColumn } = context.data;
  const columns = [group, timeColumn?.column].filter((column) => column !== undefined);
  const rowOf = (window: number) => order[starts[window]! + length - 1]!;
  const numbered = timeColumn === undefined;
  return {
    heads: [...columns, ...(numbered ? ["row"] : [])],
    cellsOf: (window: number): Cell[] => [
      ...columns.map((column) => columnOf(series, column).text(rowOf(window))),
      ...(numbered ? [rowOf(window) + 1] : []),
    ],
  };
}
