// A predictor that is asked in the words of the data file and answers in those of its target. Only predictors
// from a checkpoint that knows how its rows were read have this.
import type { Cell } from "./answers.ts";
import type { Reading } from "../data/dataset.ts";
import type { FittedField } from "../data/fields.ts";
import { InputError } from "../core/input-error.ts";
import type { Predicting } from "./predictions.ts";
import type { Predictor } from "./predictor.ts";
import { numberIn, type Column, type Table } from "../data/table.ts";

/** A trained model that can be asked in numbers, or in the cells of a data file. */
export interface RowPredictor extends Predictor {
  /**
   * What the model says of rows as a data file has them, each by the names of its columns; scaled and named
   * as in training.
   */
  predictRows(rows: readonly Record<string, Cell>[]): Record<string, Cell>[];
}

/** The same predictor, which also reads rows as these fields do. */
export function predictorOfRows(
  predictor: Predictor,
  predicting: Predicting,
  reading: Reading,
  fields: readonly FittedField[],
): RowPredictor {
  return {
    ...predictor,
    predictRows(rows) {
      try {
        const [heads, ...said] = predicting(reading, fields, tableOfRows(rows), predictor);
        return said.map((cells) => Object.fromEntries(heads.map((head, i) => [head, cells[i]])));
      } catch (error) {
        if (!(error instanceof InputError) || error.line === undefined) throw error;
        throw new InputError(`${error.line}: ${error.message}`);
      }
    },
  };
}

/** The rows under the names that the first of them has. */
function tableOfRows(rows: readonly Record<string, Cell>[]): Table {
  if (!(rows.length > 0)) throw new InputError("there are no rows");
  const columns = Object.keys(rows[0]).map((name): [string, Column] => {
    const text = (row: number) => `${Object.hasOwn(rows[row], name) ? rows[row][name] : ""}`;
    const numbers = () => Float64Array.from(rows, (_, row) => numberIn(text(row)));
    return [name, { size: 1, text, numbers }];
  });
  return {
    rows: rows.length,
    columns: new Map(columns),
    lineOf: (row) => (row < 0 ? "the rows" : `row ${row}`),
  };
}
