// Several batches as one step: they go through twice, first for the totals of the loss, then for gradients that add up.
import type { GradientOf } from "../core/session.ts";
import { writeRows } from "../core/slots.ts";

/** The emitted programs of a step over several batches. */
export interface GroupPrograms {
  /** Sets all sums to zero. */
  begin(n: number): void;
  /** Adds the totals of n rows. */
  measure(n: number): void;
  /** Adds the gradients of n rows; the loss of all rows so far. */
  gradient(n: number): number;
}

/** The loss of a group of batches, whose gradients it leaves. */
export const groupsOf =
  ({ begin, measure, gradient }: GroupPrograms): GradientOf =>
  ({ slots }, data, order, start, n, batchSize) => {
    let loss = 0;
    begin(n);
    for (const program of [measure, gradient])
      for (let done = 0; done < n; done += batchSize) {
        const rows = Math.min(batchSize, n - done);
        writeRows(slots, data, start + done, rows, order);
        loss = Number(program(rows));
      }
    return loss;
  };
