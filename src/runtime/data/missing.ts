// Missing values: what counts as one, and the mean in place of those of a column of numbers.
import { columnCodec } from "./column-codec.ts";
import type { Codec } from "./dataset.ts";
import { columnFactsOf, columnOf, namedBy, noNumber } from "./fields.ts";
import { InputError, shown } from "../core/input-error.ts";
import type { Column, Table } from "./table.ts";

/** Whether a cell stands for nothing: it is empty, NA, N/A, NaN, null or ?. */
export function isMissing(cell: string): boolean {
  return /^(n\/?a|nan|null|\?)?$/i.test(cell.trim());
}

/** For inputs with the mean in place of what is missing: that of the training part; then they are as other columns. */
export const meanCodec: Codec = {
  fit(preparing, name, table, train) {
    const all = [...table.columns.keys()];
    const columns = namedBy(all, columnFactsOf(preparing.data, name).columns).flat();
    const means = columns.flatMap((column) => meansOf(table, column, train));
    return { ...columnCodec.fit(preparing, name, withMeans(table, columns, means), train), means };
  },
  encode: (preparing, field, table, rows) =>
    columnCodec.encode(preparing, field, withMeans(table, field.columns, field.means ?? []), rows),
};

/**
 * The mean of each place of a cell over those of these rows that have a number there. What is neither a
 * number nor missing throws.
 */
function meansOf(table: Table, name: string, train: Int32Array): number[] {
  const { size, numbers, text } = columnOf(table, name);
  const values = numbers();
  const odd = values.findIndex((value, at) => Number.isNaN(value) && !isMissing(text(Math.floor(at / size))));
  if (odd >= 0) throw noNumber(table, name, Math.floor(odd / size));
  return Array.from({ length: size }, (_, place) => {
    let [sum, count] = [0, 0];
    for (const row of train) {
      const value = values[row * size + place];
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    if (count > 0) return sum / count;
    throw new InputError(
      `column "${shown(name)}" has no value in the training part, so there is no mean of it`,
    );
  });
}

/** The table with these columns filled. What is neither a number nor missing stays, and is told as in any column. */
function withMeans(table: Table, names: readonly string[], means: readonly number[]): Table {
  const columns = new Map(table.columns);
  let offset = 0;
  for (const name of names) {
    const column = columns.get(name);
    if (column === undefined) continue;
    columns.set(name, filled(column, means.slice(offset, offset + column.size)));
    offset += column.size;
  }
  return { ...table, columns };
}

function filled({ size, numbers, text }: Column, means: readonly number[]): Column {
  const fill = (value: number, at: number) =>
    Number.isNaN(value) && isMissing(text(Math.floor(at / size))) ? means[at % size] : value;
  return { size, text, numbers: () => Float64Array.from(numbers(), fill) };
}
