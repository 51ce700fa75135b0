// A predictor: checks its inputs and predicts any number of rows.
import type { Reading } from "../data/dataset.ts";
import type { FittedField } from "../data/fields.ts";
import { numberIn } from "../data/table.ts";
import type { Column, Table } from "../data/table.ts";
import type { ModelFacts } from "../model/facts.ts";
import { rowsOf, slotsOf, writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import { InputError } from "../step/errors.ts";
import type { Numbers, PredictingMachine } from "../step/machine.ts";
import type { Cell } from "./answers.ts";
import type { Predicting } from "./predictions.ts";

// Makes a predictor of a machine that holds its parameters: checks what comes in, and takes any number of rows.

/** A trained model that can be asked. */
export interface Predictor {
  /** The network's output for any number of rows, row after row, as an array of its own. */
  predict(inputs: Batch): Numbers;
}

/** A predictor over this machine; `room` makes an array of the model's numbers. */
export function predictorOf(
  model: ModelFacts,
  machine: PredictingMachine,
  room: (length: number) => Numbers,
): Predictor {
  const { batchSize } = model;
  const slots = slotsOf(model, machine);
  const outputs = machine.output.length / batchSize;
  return {
    predict(inputs) {
      const rows = rowsOf(slots, inputs, false);
      const output = room(rows * outputs);
      for (let start = 0; start < rows; start += batchSize) {
        const n = Math.min(batchSize, rows - start);
        writeRows(slots, inputs, start, n, undefined, false);
        machine.predict(n);
        output.set(machine.output.subarray(0, n * outputs), start * outputs);
      }
      return output;
    },
  };
}

// A predictor that is asked in the words of the data file and answers in those of its target. Only predictors
// from a checkpoint that knows how its rows were read have this.

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
