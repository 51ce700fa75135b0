// Diagnostics as text for people: place, severity and code, the sentence, the code frame, then hint and
// notes. Whatever stands in them, file names and sentences of other programs too, a terminal obeys none of
// it.
import pc from "picocolors";
import { printable } from "../util/show-value.ts";
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
