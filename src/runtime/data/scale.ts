// Fits scales on the training rows only, so that training uses no information about validation and test rows.
import { checkNumbers, columnOf, numbersAt, type FittedRule, type Scale } from "./fields.ts";
import type { Table } from "./table.ts";

/**
 * Fits a scale for each number in a row of these columns, on the rows `train`. Throws for a cell that is not
 * a number.
 */
export type FitScales = (
  table: Table,
  columns: readonly string[],
  train: Int32Array,
  rule: FittedRule,
) => Scale[];

export const fitScales: FitScales = (table, columns, train, rule) =>
  columns.flatMap((column) => {
    checkNumbers(table, column);
    const { size } = columnOf(table, column);
    return Array.from({ length: size }, (_, position) =>
      fitScale(numbersAt(table, column, train, position), rule),
    );
  });

/** The statistics of numbers that determine their scale. */
export interface Spread {
  low: number;
  high: number;
  mean: number;
  deviation: number;
}

/**
 * Computes the scale of numbers with these statistics. If all numbers are equal, the scale only shifts them.
 */
export function scaleOf({ low, high, mean, deviation }: Spread, rule: FittedRule): Scale {
  if (low === high) return { shift: low, span: 1 };
  return rule === "min-max" ? { shift: low, span: high - low } : { shift: mean, span: deviation };
}

/** Computes the scale for these values. */
function fitScale(values: Float64Array, rule: FittedRule): Scale {
  let [low, high, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  const mean = sum / values.length;
  // The square is computed as a product, not as a power, because engines may differ in the last bit of a
  // power.
  for (const value of values) squares += (value - mean) * (value - mean);
  return scaleOf({ low, high, mean, deviation: Math.sqrt(squares / values.length) }, rule);
}
