// The lines of a source text around a place, with the place marked: what a reader of an error wants to see first.
import { unprintable } from "../util/show-value.ts";
import type { Place } from "./diagnostic.ts";

const linesAround = 2;
const widest = 100;

/**
 * The marked line with up to two lines before and after:
 *
 *       13 |   "network": [
 *     > 14 |     { "type": "dense", "units": -3 },
 *          |                                 ^^
 *
 * Long lines are cut to 100 characters around the mark.
 */
export function codeFrame(lines: readonly string[], place: Place): string | undefined {
  const { line, column = 1 } = place;
  if (line === undefined || line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const gutter = String(last).length;
  // One window for all lines, so that they stay aligned with the mark.
  const start = column > widest - 20 ? column - 1 - widest / 2 : 0;
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1].slice(start, start + widest).replace(unprintable, " ");
    const label = String(number).padStart(gutter);
    rows.push(`${number === line ? ">" : " "} ${label} | ${text}`.trimEnd());
    if (number !== line) continue;
    const marked = (place.endColumn ?? column + 1) - column;
    const room = Math.max(1, start + widest - column + 1);
    const mark = "^".repeat(Math.max(1, Math.min(marked, room)));
    rows.push(`  ${" ".repeat(gutter)} | ${" ".repeat(column - 1 - start)}${mark}`);
  }
  return rows.join("\n");
}
