/**
 * The cost model of register blocking. It contains measured rates, in GFLOP/s, of a scalar inner loop that
 * computes a × b sums at once in V8 on x86-64. Only their ratios matter; the plain triple loop reaches 1.4.
 * Larger blocks reuse each load more often, until the a·b sums and a + b operands no longer fit into 16
 * registers.
 */
import type { Expression } from "../loop/expressions.ts";

export interface BlockSizes {
  readonly outer: number;
  readonly inner: number;
}

/** rates[a − 1][b − 1] is the rate of an a × b block. The table is symmetric except for noise. */
const rates = [
  [1.7, 2.64, 3.12, 3.5, 3.76],
  [2.64, 4.16, 4.87, 4.87, 5.21],
  [3.11, 4.88, 5.42, 5.33, 5.18],
  [3.53, 4.87, 5.42, 4.98, 4.75],
] as const;

/** The relative cost of each additional variant of the loop body, which makes the code longer. */
const costOfVariant = 0.1;

/** The part of an extent that whole blocks cover, and the remainder. */
const split = (extent: number, size: number): { whole: number; rest: number } => ({
  whole: extent - (extent % size),
  rest: extent % size,
});

/**
 * The estimated time of a nest with blocks of a × b: the number of elements divided by the rates. `dynamic`
 * means that the outer extent is known only at run time.
 */
function timeOf(outer: number, inner: number, a: number, b: number, dynamic: boolean): number {
  const rows = split(outer, a);
  const columns = split(inner, b);
  const restRows = dynamic ? 1 : rows.rest;
  const strip = (height: number, at: number): number => {
    if (height === 0) return 0;
    const rest = columns.rest === 0 ? 0 : columns.rest / rates[at - 1][columns.rest - 1];
    return height * (columns.whole / rates[at - 1][b - 1] + rest);
  };
  const variants = (columns.rest > 0 ? 1 : 0) + (!dynamic && rows.rest > 0 ? 1 : 0);
  return (strip(rows.whole, a) + strip(rows.rest, Math.max(restRows, 1))) * (1 + costOfVariant * variants);
}

const extentOf = (extent: Expression | undefined, batchSize: number): number =>
  extent === undefined ? 1 : extent.kind === "number" ? extent.value : batchSize;

/** The fastest block size for a nest over `outer` × `inner`, assuming a full batch. */
export function blockSizes(outer: Expression | undefined, inner: Expression, batchSize: number): BlockSizes {
  const height = extentOf(outer, batchSize);
  const width = extentOf(inner, batchSize);
  let best: BlockSizes = { outer: 1, inner: 1 };
  let least = Infinity;
  for (let a = 1; a <= Math.min(rates.length, height); a++)
    for (let b = 1; b <= Math.min(rates[0].length, width); b++) {
      const time = timeOf(height, width, a, b, outer?.kind !== "number");
      if (time < least) {
        least = time;
        best = { outer: a, inner: b };
      }
    }
  return best;
}
