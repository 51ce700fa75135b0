/** Diagnostics as the protocol has them: the words and locations of the command line, without its code frames. */
import { DiagnosticSeverity } from "vscode-languageserver";
import type { Diagnostic as Shown } from "vscode-languageserver";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { printable } from "../../compiler/util/message-text.ts";
import type { Analysis } from "./analyse.ts";

/** The diagnostics of an analysis. Lines of hints and notes begin with `hint: ` and `note: `. */
export function shownDiagnostics({
  diagnostics,
  omitted,
}: Pick<Analysis, "diagnostics" | "omitted">): Shown[] {
  const shown = diagnostics.map(shownDiagnostic);
  if (omitted === 0) return shown;
  const message = `and ${omitted} more ${omitted === 1 ? "error" : "errors"}`;
  return [...shown, { range: rangeOf({}), severity: DiagnosticSeverity.Error, source, message }];
}

const source = "tapeless";

function shownDiagnostic({
  code,
  severity,
  message,
  hint,
  notes = [],
  location = { file: "" },
}: Diagnostic): Shown {
  const lines = [
    message,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ...notes.map((note) => `note: ${note}`),
  ];
  return {
    range: rangeOf(location),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source,
    message: lines.map(printable).join("\n"),
  };
}

/** A diagnostic of the whole file is shown at its first character. */
function rangeOf({
  line = 1,
  column = 1,
  endColumn = column + 1,
}: Partial<NonNullable<Diagnostic["location"]>>) {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: line - 1, character: endColumn - 1 },
  };
}
