// Diagnostics as text for people: place, severity and code, the sentence, the code frame, then hint and
// notes. Whatever stands in them, file names and sentences of other programs too, a terminal obeys none of
// it.
import pc from "picocolors";
import { printable, unprintable } from "../util/show-value.ts";
import type { Diagnostic, Place } from "./diagnostic.ts";

/**
 * All diagnostics, one after the other, without a final line break. Colour is for terminals alone; `omitted`
 * are more errors.
 */
export function render(
  diagnostics: readonly Diagnostic[],
  { colour = false, omitted = 0 }: { colour?: boolean; omitted?: number } = {},
): string {
  const colours = pc.createColors(colour);
  const shown = diagnostics.map((diagnostic) => renderOne(diagnostic, colours));
  const more = omitted > 0 ? [`and ${omitted} more ${omitted === 1 ? "error" : "errors"}`] : [];
  return [...shown, ...more].join("\n");
}

function renderOne(diagnostic: Diagnostic, colours: ReturnType<typeof pc.createColors>): string {
  const { severity, code, place, message, frame, hint, notes = [] } = diagnostic;
  const tint = severity === "error" ? colours.red : colours.yellow;
  const where = place ? `${colours.bold(formatPlace(place))} ` : "";
  const rows = [`${where}${tint(`${severity} ${code}`)}: ${printable(message)}`];
  if (frame) rows.push(tintFrame(frame, tint, colours.dim));
  if (hint) rows.push(`  ${colours.cyan("hint")}: ${printable(hint)}`);
  for (const note of notes) rows.push(`  ${colours.dim("note")}: ${printable(note)}`);
  return rows.join("\n");
}

/** `file:line:column`, as far as it is known. */
function formatPlace({ file, line, column }: Place): string {
  return [printable(file), line, column].filter((part) => part !== undefined).join(":");
}

type Tint = (text: string) => string;

/** Only the marked line and its mark stand out. */
function tintFrame(frame: string, tint: Tint, dim: Tint): string {
  return frame
    .split("\n")
    .map((row) => (row.startsWith(">") ? row : /^ +\| +\^+$/.test(row) ? tint(row) : dim(row)))
    .join("\n");
}

// The lines of a source text around a place, with the place marked: what a reader of an error wants to see first.

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
