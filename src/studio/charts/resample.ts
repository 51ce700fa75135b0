/** A line of any number of points as one height for each column of a grid, which is all that a terminal can show. */

export interface Columns {
  /** The column of the first height. */
  readonly start: number;
  readonly heights: readonly number[];
}

/**
 * `places` in grid units, in the order of x. What falls into one column becomes its mean; a column that
 * nothing falls into lies on the straight line between its neighbours.
 */
export function columnsOf(places: readonly (readonly [x: number, y: number])[]): Columns {
  const known = new Map<number, { sum: number; count: number }>();
  for (const [x, y] of places) {
    const column = Math.round(x);
    const { sum, count } = known.get(column) ?? { sum: 0, count: 0 };
    known.set(column, { sum: sum + y, count: count + 1 });
  }
  const means = [...known]
    .sort(([a], [b]) => a - b)
    .map(([column, { sum, count }]): [number, number] => [column, sum / count]);
  if (means.length === 0) return { start: 0, heights: [] };
  const heights = means.flatMap(([column, height], i) => {
    const [next, nextHeight] = means[i + 1] ?? [column + 1, height];
    const slope = (nextHeight - height) / (next - column);
    return Array.from({ length: next - column }, (_, step) => height + slope * step);
  });
  return { start: means[0][0], heights };
}
