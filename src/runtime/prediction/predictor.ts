// A predictor is a trained model that checks its inputs and predicts any number of rows.
import type { EncodingContext } from "../data/dataset.ts";
import type { FittedField } from "../data/fields.ts";
import { numberIn } from "../data/table.ts";
import type { Column, Table } from "../data/table.ts";
import type { ModelFacts } from "../model/facts.ts";
import { rowsOf, slotsOf, writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import { InputError } from "../step/errors.ts";
import type { Numbers, PredictingMachine } from "../step/machine.ts";
import type { Cell } from "./interpretations.ts";
import type { Predicting } from "./predictions.ts";

/** A trained model. */
export interface Predictor {
  /** Returns the output of the network for any number of rows, row-major, in a new array. */
  predict(inputs: Batch): Numbers;
}

/**
 * Creates a predictor from a machine, which contains the compiled kernels. `room` creates an array of the
 * element type.
 */
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
      const rows = rowsOf(slots, inputs, true);
      const output = room(rows * outputs);
      for (let start = 0; start < rows; start += batchSize) {
        const n = Math.min(batchSize, rows - start);
        writeRows(slots, inputs, start, n, undefined, true);
        machine.predict(n);
        output.set(machine.output.subarray(0, n * outputs), start * outputs);
      }
      return output;
    },
  };
}

/** A trained model that also predicts rows of a data file. */
export interface RowPredictor extends Predictor {
  /**
   * Predicts rows, which are objects with a value for each column. Encodes the values, and names the classes,
   * as in training.
   */
  predictRows(rows: readonly Record<string, Cell>[]): Record<string, Cell>[];
}

/** Adds predictRows() to a predictor. */
export function predictorOfRows(
  predictor: Predictor,
  predicting: Predicting,
  context: EncodingContext,
  fields: readonly FittedField[],
): RowPredictor {
  return {
    ...predictor,
    predictRows(rows) {
      try {
        const [header = [], ...predicted] = predicting(context, fields, tableOfRows(rows), predictor);
        return predicted.map((cells) => Object.fromEntries(header.map((head, i) => [head, cells[i]!])));
      } catch (error) {
        if (!(error instanceof InputError) || error.line === undefined) throw error;
        throw new InputError(`${error.line}: ${error.message}`);
      }
    },
  };
}

/** Converts the rows to a table. The first row determines the columns. */
export function tableOfRows(rows: readonly Record<string, Cell>[]): Table {
  if (!(rows.length > 0)) throw new InputError("there are no rows");
  const columns = Object.keys(rows[0]!).map((name): [string, Column] => {
    const text = (row: number) => `${Object.hasOwn(rows[row]!, name) ? rows[row]![name] : ""}`;
    return [name, { size: 1, number: (row) => numberIn(text(row)), text }];
  });
  return {
    rows: rows.length,
    columns: new Map(columns),
    lineOf: (row) => (row < 0 ? "the rows" : `row ${row}`),
  };
}
