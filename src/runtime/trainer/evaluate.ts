// Loss and metrics over any number of rows, one batch at a time.
import { writeRows } from "../step/batch.ts";
import type { Batch } from "../step/batch.ts";
import type { Summary } from "../step/machine.ts";
import type { Session } from "../step/session.ts";

/**
 * Copies the rows into the arena, one batch at a time. Calls `work` with the number of rows in each batch.
 */
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
 * Computes loss and metrics over these rows of the data. This function is a generator because some trainers
 * pause between batches.
 */
export function* evaluateBatches(session: Session, data: Batch, rows: Int32Array): Generator<never, Summary> {
  const { machine } = session;
  machine.totals.fill(0);
  forBatches(session, data, rows, (n) => machine.evaluate(n));
  return machine.summarise();
}
