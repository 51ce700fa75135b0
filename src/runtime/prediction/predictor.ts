// Makes a predictor of a machine that holds its parameters: checks what comes in, and takes any number of rows.
import type { Numbers, PredictingMachine } from "../core/machine.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import { rowsOf, slotsOf, writeRows, type Batch } from "../core/slots.ts";

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
