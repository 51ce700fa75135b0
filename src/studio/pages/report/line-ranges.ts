/**
 * Lines of code as ranges: those in which a value is computed are many in a row, those that declare its place
 * or call its kernel stand alone.
 */

export type LineRange = readonly [first: number, last: number];

/** Neighbours as one range, the longest first: where something is computed, then where else it is told of. */
export function lineRanges(lines: readonly number[]): readonly LineRange[] {
  const ranges: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  const lengthOf = ([first, last]: LineRange) => last - first;
  return ranges.sort((a, b) => lengthOf(b) - lengthOf(a));
}
