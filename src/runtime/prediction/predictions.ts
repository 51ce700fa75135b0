// Makes predictions for the rows of a data file. The predictions form a table in the order of the file.
import type { Interpretation, Cell } from "./interpretations.ts";
import { encodeRows, type EncodingContext } from "../data/dataset.ts";
import type { FittedField } from "../data/fields.ts";
import { allRows } from "../step/session.ts";
import type { Table } from "../data/table.ts";
import type { Trainer } from "../trainer/trainer.ts";

/**
 * Makes predictions for the rows of a table. `fields` is the data encoding from the trainer's checkpoint. The
 * first row of the result contains the column names.
 */
export type Predicting = (
  context: EncodingContext,
  fields: readonly FittedField[],
  table: Table,
  trainer: Pick<Trainer, "predict">,
) => Cell[][];

/** The line of the help text about --predict. */
export const predictHelp = `
  --predict FILE       print predictions for the rows of FILE`;

/** Creates a function that predicts rows. `answer` interprets the output for each target column. */
export const predictBy =
  (answer: Interpretation): Predicting =>
  (context, fields, table, trainer) => {
    const { inputs, targets, batchSize } = context.model;
    const { name, columns, classNames, scales } = fields[fields.length - 1]!;
    const read = fields.filter(({ name }) => name in inputs && !inputs[name]!.onlyLoss);
    const classes = classNames?.length ? classNames : [...Array(targets[name]!.classes ?? 0).keys()];
    const rows: Cell[][] = [columns.flatMap((column) => [column, ...classes.map((of) => `${column}_${of}`)])];
    const encoded = Object.entries(encodeRows(context, read, table, allRows(table.rows)));
    for (let start = 0; start < table.rows; start += batchSize) {
      const part = encoded.map(([field, numbers]) => {
        const size = numbers.length / table.rows;
        return [field, numbers.subarray(start * size, (start + batchSize) * size)];
      });
      const scores = [...trainer.predict(Object.fromEntries(part))];
      const size = scores.length / Math.min(batchSize, table.rows - start) / columns.length;
      while (scores.length > 0)
        rows.push(columns.flatMap((_, i) => answer(scores.splice(0, size), classes, scales?.[i])));
    }
    return rows;
  };

/** Converts rows to CSV. A cell with a quote, a comma or a line break is quoted. */
export function csvText(rows: readonly (readonly Cell[])[]): string {
  const quoted = (cell: Cell) => (/[",\r\n]/.test(`${cell}`) ? `"${`${cell}`.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(quoted).join()).join("\n");
}
