// Predictions of models with several targets. The network outputs one array, in which each row contains the
// predictions for all targets, one target after the other.
import { encodeRows } from "../data/dataset.ts";
import { allRows } from "../step/session.ts";
import type { Batch } from "../step/batch.ts";
import type { Numbers } from "../step/machine.ts";
import type { Cell, Interpretation } from "./interpretations.ts";
import type { Predicting } from "./predictions.ts";

interface FlatPredictions {
  predict(inputs: Batch): Numbers;
}

interface TargetPredictions<Predictions> {
  /** The predictions of each target, row-major, in new arrays. */
  predict(inputs: Batch): Predictions;
}

/** A trainer or predictor whose predict() returns the predictions of each target. */
export type ByTarget<Base, Predictions> = Omit<Base, "predict"> & TargetPredictions<Predictions>;

/** Copies the numbers of a target: `size` numbers of each row, after the first `start` numbers. */
export type TakePart = (start: number, size: number) => Numbers;

/**
 * Replaces predict() so that `divide` divides its output among the targets. The output has `width` numbers
 * per row.
 */
export function byTarget<Base extends FlatPredictions, Predictions>(
  base: Base,
  width: number,
  divide: (take: TakePart) => Predictions,
): ByTarget<Base, Predictions> {
  const { predict } = base;
  return Object.assign<Omit<Base, "predict">, TargetPredictions<Predictions>>(base, {
    predict(inputs) {
      const all = predict(inputs);
      const rows = all.length / width;
      return divide((start, size) => {
        const own = all.slice(0, rows * size);
        for (let row = 0; row < rows; row++) {
          const at = row * width + start;
          own.set(all.subarray(at, at + size), row * size);
        }
        return own;
      });
    },
  });
}

/** The number of predictions for a target in each row, and their interpretation, if there is one. */
export interface TargetAnswer {
  readonly answer?: Interpretation;
  readonly size: number;
}

/** Predicts rows, and interprets the output for each column of each target that has an interpretation. */
export const predictEach =
  (answers: Readonly<Record<string, TargetAnswer>>): Predicting =>
  (context, fields, table, trainer) => {
    const { inputs, targets, batchSize } = context.model;
    const read = fields.filter(({ name }) => name in inputs && !inputs[name]!.onlyLoss);
    const parts = fields.flatMap(({ name, columns, classNames, scales }) => {
      const own = answers[name];
      if (own === undefined) return [];
      const { classes: count = 0 } = targets[name]!;
      const numbers = [...Array(count).keys()];
      return [{ ...own, name, columns, scales, classes: classNames?.length ? classNames : numbers }];
    });
    const all = parts.flatMap(({ answer, columns }) => (answer ? columns : []));
    // Several targets may have the same column.
    const headOf = (target: string, column: string) =>
      all.indexOf(column) === all.lastIndexOf(column) ? column : `${target}.${column}`;
    const rows: Cell[][] = [
      parts.flatMap(({ name, answer, columns, classes }) => {
        const heads = answer ? columns.map((column) => headOf(name, column)) : [];
        return heads.flatMap((head) => [head, ...classes.map((of) => `${head}_${of}`)]);
      }),
    ];
    const encoded = Object.entries(encodeRows(context, read, table, allRows(table.rows)));
    for (let start = 0; start < table.rows; start += batchSize) {
      const batch = encoded.map(([field, numbers]) => {
        const size = numbers.length / table.rows;
        return [field, numbers.subarray(start * size, (start + batchSize) * size)];
      });
      const scores = [...trainer.predict(Object.fromEntries(batch))];
      while (scores.length > 0)
        rows.push(
          parts.flatMap(({ answer, size, columns, classes, scales }) => {
            const own = scores.splice(0, size);
            if (!answer) return [];
            return columns.flatMap((_, i) =>
              answer(own.splice(0, size / columns.length), classes, scales?.[i]),
            );
          }),
        );
    }
    return rows;
  };
