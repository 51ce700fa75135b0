// Predictions for rows whose numbers are in the format of the data file.
import { withNumberFormat } from "../data/number-format.ts";
import type { NumberFormat } from "../data/number-format.ts";
import type { Cell } from "./interpretations.ts";
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
export const formattedRows = (predictor: RowPredictor, format?: NumberFormat): RowPredictor => ({
  ...predictor,
  predictRows: (rows) => predictor.predictRows(rows.map((row) => formattedCells(row, format))),
});

/** The row, with its numbers written in the format. */
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
