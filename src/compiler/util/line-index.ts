// Converts offsets in a text to lines and columns, as editors count them.

/** Lines and columns of one text, both counted from 1. Columns count UTF-16 units, as in editors. */
export interface LineIndex {
  readonly lines: readonly string[];
  at(offset: number): { line: number; column: number };
  offset(line: number, column: number): number;
}

/** Indexes `text`; lines end at LF, CRLF or a lone CR. */
export function lineIndex(text: string): LineIndex {
  const starts = [0];
  for (const end of text.matchAll(/\r\n|\n|\r/g)) starts.push(end.index + end[0].length);
  const lines = starts.map((start, line) =>
    text.slice(start, starts[line + 1] ?? text.length).replace(/[\r\n]+$/, ""),
  );
  const offset = (line: number, column: number) => (starts[line - 1] ?? 0) + column - 1;
  const at = (position: number) => {
    const { line, column } = locate(starts, position);
    // An offset inside a line break, as between CR and LF, is the end of its line.
    return { line, column: Math.min(column, lines[line - 1].length + 1) };
  };
  return { lines, at, offset };
}

/** Binary search for the last line that starts at or before the offset. */
function locate(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low] + 1 };
}
