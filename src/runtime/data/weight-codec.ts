// The column that says what each row weighs: a negative weight is told with its line.
import { columnCodec } from "./column-codec.ts";
import type { Codec } from "./dataset.ts";
import { wrongCell } from "./fields.ts";

/** One number a row, 0 or more. */
export const weightCodec: Codec = {
  fit: columnCodec.fit,
  encode(preparing, field, table, rows) {
    const weights = columnCodec.encode(preparing, field, table, rows);
    const negative = weights.findIndex((weight: number) => weight < 0);
    if (negative < 0) return weights;
    const [column] = field.columns;
    throw wrongCell(
      table,
      column,
      rows[negative],
      `${weights[negative]} is below 0: it is what the row weighs`,
    );
  },
};
