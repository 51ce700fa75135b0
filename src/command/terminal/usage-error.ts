/** Arguments that cannot be meant together, as a diagnostic. */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";

/** T1010: the command line is wrong. */
export const usageError = (message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, hint }]);
