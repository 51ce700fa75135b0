/** The package: predictions of a trained model, without dependencies. */
import { createPredictor } from "./model.predictor.ts";

/** A row of the data: the cell of each input column, by its name. */
export type Row = Readonly<Record<string, string | number>>;

const predictor = createPredictor();

/**
 * Predicts the targets of rows, with the probability of each class.
 *
 * @throws if a row has no cell for an input column, or a cell is not a number
 */
export const predict = (rows: readonly Row[]): Record<string, string | number>[] =>
  predictor.predictRows(rows);
