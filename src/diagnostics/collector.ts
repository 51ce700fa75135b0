// Gathers diagnostics, so that a check can go on after the first thing that is wrong and the user sees all of them at once.
import type { Diagnostic, SpecPath } from "./diagnostic.ts";
import { DiagnosticError } from "./errors.ts";

type Details = Pick<Diagnostic, "at" | "hint" | "notes" | "within" | "frame">;

export interface Collector {
  readonly found: readonly Diagnostic[];
  error(path: SpecPath, code: string, message: string, details?: Details): void;
  warning(path: SpecPath, code: string, message: string, details?: Details): void;
  add(diagnostics: readonly Diagnostic[]): void;
  /** Throws all errors gathered so far, if there are any, with the warnings after them; returns the warnings otherwise. */
  throwErrors(): readonly Diagnostic[];
}

export function collector(): Collector {
  const found: Diagnostic[] = [];
  const put =
    (severity: Diagnostic["severity"]) =>
    (path: SpecPath, code: string, message: string, details: Details = {}) => {
      found.push({ code, severity, path, message, ...details });
    };
  return {
    found,
    error: put("error"),
    warning: put("warning"),
    add: (diagnostics) => void found.push(...diagnostics),
    throwErrors() {
      const warnings = found.filter(({ severity }) => severity === "warning");
      if (warnings.length === found.length) return warnings;
      throw new DiagnosticError([...found.filter(({ severity }) => severity === "error"), ...warnings]);
    },
  };
}
