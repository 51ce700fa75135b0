/**
 * The three kinds of errors, the rendering of diagnostics as text, and the collector that lets a check report
 * all its diagnostics together.
 */
import type { DiagnosticCode } from "./codes.ts";
import pc from "picocolors";
import { printable, unprintable } from "../util/message-text.ts";
import type { Diagnostic, SourceLocation, SpecPath } from "./diagnostic.ts";

// Diagnostics as text: location, severity and code, message, code frame, then hint and notes. Control
// characters are made printable, including those in file names and in messages of other programs.

/**
 * All diagnostics in order, without a final line break. `colour` adds terminal colours; `omitted` is the
 * number of errors that are not listed.
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
  const { severity, code, location, message, frame, hint, notes = [] } = diagnostic;
  const tint = severity === "error" ? colours.red : colours.yellow;
  const where = location ? `${colours.bold(formatLocation(location))} ` : "";
  const rows = [`${where}${tint(`${severity} ${code}`)}: ${printable(message)}`];
  if (frame) rows.push(tintFrame(frame, tint, colours.dim));
  if (hint) rows.push(`  ${colours.cyan("hint")}: ${printable(hint)}`);
  for (const note of notes) rows.push(`  ${colours.dim("note")}: ${printable(note)}`);
  return rows.join("\n");
}

/** `file:line:column`, as far as these are known. */
function formatLocation({ file, line, column }: SourceLocation): string {
  return [printable(file), line, column].filter((part) => part !== undefined).join(":");
}

type Tint = (text: string) => string;

/** Dims all lines except the marked one. */
function tintFrame(frame: string, tint: Tint, dim: Tint): string {
  return frame
    .split("\n")
    .map((row) => (row.startsWith(">") ? row : /^ +\| +\^+$/.test(row) ? tint(row) : dim(row)))
    .join("\n");
}

// A code frame: the source lines around a location, with the location marked.

const linesAround = 2;
const widest = 100;

/**
 * The marked line with up to two lines before and after:
 *
 *       13 |   "network": [
 *     > 14 |     { "type": "dense", "units": -3 },
 *          |                                 ^^
 *
 * Long lines are truncated to 100 characters around the mark, with "…" where characters are left out. A tab is
 * shown as "→", which has the width of one column.
 */
export function codeFrame(lines: readonly string[], location: SourceLocation): string | undefined {
  const { line, column = 1 } = location;
  if (line === undefined || line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const gutter = String(last).length;
  // All lines show the same columns, so that they stay aligned with the mark.
  const start = column > widest - 20 ? column - 1 - widest / 2 : 0;
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = shownPart(lines[number - 1], start);
    const label = String(number).padStart(gutter);
    rows.push(`${number === line ? ">" : " "} ${label} | ${text}`.trimEnd());
    if (number !== line) continue;
    const marked = (location.endColumn ?? column + 1) - column;
    const room = Math.max(1, start + widest - column + 1);
    const mark = "^".repeat(Math.max(1, Math.min(marked, room)));
    rows.push(`  ${" ".repeat(gutter)} | ${" ".repeat(column - 1 - start)}${mark}`);
  }
  return rows.join("\n");
}

/** The columns of a line that a frame shows, without characters that move the cursor. */
function shownPart(line: string, start: number): string {
  const part = line.slice(start, start + widest);
  const isCutBefore = start > 0 && line.length > 0;
  const isCutAfter = line.length > start + widest;
  const text = `${isCutBefore ? "…" : ""}${part.slice(isCutBefore ? 1 : 0, isCutAfter ? -1 : undefined)}`;
  return `${text}${isCutAfter ? "…" : ""}`.replaceAll("\t", "→").replace(unprintable, " ");
}

// The three kinds of errors: a mistake of the user, an unsupported feature, and a bug of this compiler.

/** An error in the spec, the data or the command line. Its message is the rendered diagnostics. Exit code: 2. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  /** The number of errors that `diagnostics` omits. */
  readonly omitted: number;
  constructor(diagnostics: readonly Diagnostic[], omitted = 0) {
    super(render(diagnostics, { omitted }));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

/** A feature that the compiler does not support yet; the message names it. */
export class Unsupported extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Unsupported";
  }
}

/** A bug of this compiler. No spec should be able to cause it. */
export class InternalError extends Error {
  constructor(message: string) {
    super(`internal: ${message}`);
    this.name = "InternalError";
  }
}

/**
 * Checks a condition that no input can violate; throws {@link InternalError} otherwise. A message as a function
 * is built only then, which matters in inner loops.
 */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InternalError(typeof message === "string" ? message : message());
}

// Collects diagnostics, so that a check can continue after the first error and all errors are reported
// together. Beyond a limit, diagnostics are only counted.

type Details = Pick<Diagnostic, "at" | "hint" | "notes" | "within" | "frame">;

/** The maximum number of errors that a collector retains; the same limit applies to warnings. */
export const mostKept = 100;

export interface Collector {
  readonly found: readonly Diagnostic[];
  /** Whether further errors are only counted, so that their messages need not be built. */
  isFull(): boolean;
  error(path: SpecPath, code: DiagnosticCode, message: string, details?: Details): void;
  warning(path: SpecPath, code: DiagnosticCode, message: string, details?: Details): void;
  /** Adds the diagnostics of another check. `omitted` is the number of errors that it omitted. */
  add(diagnostics: readonly Diagnostic[], omitted?: number): void;
  /** Removes diagnostics that another diagnostic explains. */
  retract(isExplained: (diagnostic: Diagnostic) => boolean): void;
  /** Throws all errors collected so far, followed by the warnings; if there are no errors, returns the warnings. */
  throwErrors(): readonly Diagnostic[];
}

export function collector(): Collector {
  const found: Diagnostic[] = [];
  const counts = { error: 0, warning: 0 };
  const keep = (diagnostic: Diagnostic) => {
    if (++counts[diagnostic.severity] <= mostKept) found.push(diagnostic);
  };
  const put =
    (severity: Diagnostic["severity"]) =>
    (path: SpecPath, code: DiagnosticCode, message: string, details: Details = {}) =>
      keep({ code, severity, path, message, ...details });
  return {
    found,
    isFull: () => counts.error >= mostKept,
    error: put("error"),
    warning: put("warning"),
    add(diagnostics, omitted = 0) {
      diagnostics.forEach(keep);
      counts.error += omitted;
    },
    retract(isExplained) {
      const all = found.splice(0);
      for (const diagnostic of all)
        if (isExplained(diagnostic)) counts[diagnostic.severity]--;
        else found.push(diagnostic);
    },
    throwErrors() {
      const warnings = found.filter(({ severity }) => severity === "warning");
      if (counts.error === 0) return warnings;
      const errors = found.filter(({ severity }) => severity === "error");
      throw new DiagnosticError([...errors, ...warnings], counts.error - errors.length);
    },
  };
}
