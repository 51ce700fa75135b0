// Loss and metrics over any number of rows, one batch at a time.
import { rowsOf, writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { Summary } from "../step/machine.ts";
import { allRows } from "../step/session.ts";
import type { Session } from "../step/session.ts";

/** Copies the rows into the arena, one batch at a time, and calls `work` for each batch of n rows. */
export function forBatches(
  { model, slots }: Session,
  data: Batch,
  rows: Int32Array,
  work: (n: number) => void,
): void {
  for (let start = 0; start < rows.length; start += model.batchSize) {
    const n = Math.min(model.batchSize, rows.length - start);
    writeRows(slots, data, start, n, rows);
    work(n);
  }
}

/**
 * The indices of all rows. Checks every value in advance, so that training does not fail in the middle of an
 * epoch.
 */
export function checkedRows(session: Session, data: Batch): Int32Array {
  const rows = allRows(rowsOf(session.slots, data));
  forBatches(session, data, rows, () => {});
  return rows;
}

/** Loss and metrics over these rows of the data. A generator, as `TakeSteps` is. */
export function* evaluateRows(session: Session, data: Batch, rows: Int32Array): Generator<never, Summary> {
  const { machine } = session;
  machine.totals.fill(0);
  forBatches(session, data, rows, (n) => machine.evaluate(n));
  return machine.summarise();
}
