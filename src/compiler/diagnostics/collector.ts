// Gathers diagnostics, so that a check can go on after the first thing that is wrong and the user sees them
// together. Past a number that no reader goes through they are only counted.
import type { DiagnosticCode } from "./codes.ts";
import type { Diagnostic, SpecPath } from "./diagnostic.ts";
import { DiagnosticError } from "./errors.ts";

type Details = Pick<Diagnostic, "at" | "hint" | "notes" | "within" | "frame">;

/** How many errors, and how many warnings, are kept. */
export const mostKept = 100;

export interface Collector {
  readonly found: readonly Diagnostic[];
  /** Whether further errors are only counted, so that their messages need not be made. */
  isFull(): boolean;
  error(path: SpecPath, code: DiagnosticCode, message: string, details?: Details): void;
  warning(path: SpecPath, code: DiagnosticCode, message: string, details?: Details): void;
  /** `omitted`: how many more errors there are. */
  add(diagnostics: readonly Diagnostic[], omitted?: number): void;
  /**
   * Throws all errors gathered so far, if there are any, with the warnings after them; returns the warnings
   * otherwise.
   */
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
    throwErrors() {
      const warnings = found.filter(({ severity }) => severity === "warning");
      if (counts.error === 0) return warnings;
      const errors = found.filter(({ severity }) => severity === "error");
      throw new DiagnosticError([...errors, ...warnings], counts.error - errors.length);
    },
  };
}
