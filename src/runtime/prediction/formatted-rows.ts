// Predictions for rows whose numbers are in the format of the data file.
import { withNumberFormat } from "../data/number-format.ts";
import type { NumberFormat } from "../data/number-format.ts";
import type { Predicting } from "./predictions.ts";
import type { RowPredictor } from "./predictor.ts";

/** Reads the numbers of the table in the format of the spec. */
export const predictFormatted =
  (predicting: Predicting): Predicting =>
  (context, fields, table, trainer) =>
    predicting(context, fields, withNumberFormat(table, context.data.numberFormat), trainer);

/**
 * Accepts numbers as well as texts in the format of the data file: 1.5 is the same as "1,5" if the format has a
 * decimal comma.
 */
export function formattedRows(predictor: RowPredictor, { decimal = "." }: NumberFormat = {}): RowPredictor {
  const written = (row: Readonly<Record<string, string | number>>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [
        name,
        typeof cell === "number" ? `${cell}`.replace(".", decimal) : cell,
      ]),
    );
  return { ...predictor, predictRows: (rows) => predictor.predictRows(rows.map(written)) };
}
