// Fits scales on the training rows only, so that no information about validation and test rows leaks.
import { columnOf, noNumber, type FittedRule, type Scale } from "./fields.ts";
import type { NumberArray, Table } from "./table.ts";

/**
 * Fits the scale of each number in a row of these columns, on the rows `train`. Throws for a cell without a
 * number.
 */
export type FitScales = (
  table: Table,
  columns: readonly string[],
  train: Int32Array,
  rule: FittedRule,
) => Scale[];

export const fitScales: FitScales = (table, columns, train, rule) =>
  columns.flatMap((column) => {
    const numbers = wholeNumbers(table, column);
    const { size } = columnOf(table, column);
    return Array.from({ length: size }, (_, place) =>
      fitScale(
        Float64Array.from(train, (row) => numbers[row * size + place]!),
        rule,
      ),
    );
  });

/** All numbers of the column. Throws for a cell without a number. */
function wholeNumbers(table: Table, name: string): NumberArray {
  const { size, numbers } = columnOf(table, name);
  const found = numbers();
  const place = found.findIndex(Number.isNaN);
  if (place < 0) return found;
  throw noNumber(table, name, Math.floor(place / size));
}

/** The scale for these values. A constant column is only shifted. */
function fitScale(values: Float64Array, rule: FittedRule): Scale {
  let [low, high, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  if (low === high) return { shift: low, span: 1 };
  if (rule === "min-max") return { shift: low, span: high - low };
  const mean = sum / values.length;
  // A product and not a power, because engines may differ in the last bit of a power.
  for (const value of values) squares += (value - mean) * (value - mean);
  return { shift: mean, span: Math.sqrt(squares / values.length) };
}
