// On which line of a file each row begins. Nearly all rows follow right after the one before, so only the
// others are noted.

export interface RowLines {
  /** The next row begins here. */
  add(line: number): void;
  lineOf(row: number): number;
}

/** Row −1 is the header. */
export function rowLines(): RowLines {
  // line = row + shift for the rows from `from` on
  const from: number[] = [];
  const shifts: number[] = [];
  let next = -1;
  return {
    add(line) {
      if (shifts[shifts.length - 1] !== line - next) {
        from.push(next);
        shifts.push(line - next);
      }
      next++;
    },
    lineOf: (row) => row + shifts[from.findLastIndex((first) => first <= row)],
  };
}
