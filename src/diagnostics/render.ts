// Diagnostics as text for people: place, severity and code, the sentence, the code frame, then hint and notes.
import pc from "picocolors";
import type { Diagnostic, Place } from "./diagnostic.ts";

/** All diagnostics, one after the other, without a final line break. Colour is for terminals alone. */
export function render(diagnostics: readonly Diagnostic[], options: { colour?: boolean } = {}): string {
  const colours = pc.createColors(options.colour ?? false);
  return diagnostics.map((diagnostic) => renderOne(diagnostic, colours)).join("\n");
}

function renderOne(diagnostic: Diagnostic, colours: ReturnType<typeof pc.createColors>): string {
  const { severity, code, place, message, frame, hint, notes = [] } = diagnostic;
  const tint = severity === "error" ? colours.red : colours.yellow;
  const where = place ? `${colours.bold(formatPlace(place))} ` : "";
  const rows = [`${where}${tint(`${severity} ${code}`)}: ${message}`];
  if (frame) rows.push(tintFrame(frame, tint, colours.dim));
  if (hint) rows.push(`  ${colours.cyan("hint")}: ${hint}`);
  for (const note of notes) rows.push(`  ${colours.dim("note")}: ${note}`);
  return rows.join("\n");
}

/** `file:line:column`, as far as it is known. */
function formatPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

type Tint = (text: string) => string;

/** Only the marked line and its mark stand out. */
function tintFrame(frame: string, tint: Tint, dim: Tint): string {
  return frame
    .split("\n")
    .map((row) => (row.startsWith(">") ? row : /^ +\| +\^+$/.test(row) ? tint(row) : dim(row)))
    .join("\n");
}
