/**
 * How many rows the batch of a check has: odd, so that blocks of rows have remainders; fewer for large
 * models, where each row costs time.
 */

/** `flopsOfRow`: operations of one row, forward and backward. */
export const rowsFor = (batchSize: number, flopsOfRow: number): number =>
  Math.min(batchSize, flopsOfRow > 1e6 ? 3 : 13);
