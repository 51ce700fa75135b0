// Scales that are fitted, on the training rows alone: what validation and test are like must not leak. Only
// trainers of a spec with such a scale have this.
import { columnOf, noNumber, type FittedRule, type Scale } from "./fields.ts";
import type { NumberArray, Table } from "./table.ts";

/** The scale of each number in a row of these columns, as it is in the rows `train`. A cell that holds none throws. */
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
        Float64Array.from(train, (row) => numbers[row * size + place]),
        rule,
      ),
    );
  });

/** All numbers of the column. */
function wholeNumbers(table: Table, name: string): NumberArray {
  const { size, numbers } = columnOf(table, name);
  const found = numbers();
  const place = found.findIndex(Number.isNaN);
  if (place < 0) return found;
  throw noNumber(table, name, Math.floor(place / size));
}

/** What never changes is shifted, and divided by 1. */
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
  // A product: of a power the engine chooses the last bit.
  for (const value of values) squares += (value - mean) * (value - mean);
  return { shift: mean, span: Math.sqrt(squares / values.length) };
}
