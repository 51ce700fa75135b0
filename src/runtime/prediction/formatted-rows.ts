// Predicts rows whose numbers have the format of the data file, for instance with a decimal comma.
import { withNumberFormat } from "../data/number-format.ts";
import type { NumberFormat } from "../data/number-format.ts";
import type { Cell } from "./interpretations.ts";
import type { Predicting } from "./predictions.ts";
import type { RowPredictor } from "./predictor.ts";

/** Wraps a prediction function so that it reads the numbers of the table in the format of the spec. */
export const predictFormatted =
  (predicting: Predicting): Predicting =>
  (context, fields, table, trainer) =>
    predicting(context, fields, withNumberFormat(table, context.data.numberFormat), trainer);

/**
 * Wraps a predictor so that cells may be numbers, or strings in the format of the data file. If the format
 * has a decimal comma, 1.5 and "1,5" are the same.
 */
export const formattedRows = (predictor: RowPredictor, format?: NumberFormat): RowPredictor => ({
  ...predictor,
  predictRows: (rows) => predictor.predictRows(rows.map((row) => formattedCells(row, format))),
});

/** Converts the numbers of a row to texts in the format. */
export const formattedCells = (
  row: Readonly<Record<string, Cell>>,
  { decimal = "." }: NumberFormat = {},
): Record<string, Cell> =>
  Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [
      name,
      typeof cell === "number" ? `${cell}`.replace(".", decimal) : cell,
    ]),
  );
