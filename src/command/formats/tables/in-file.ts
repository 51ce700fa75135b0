// Gives the errors of the trainer's runtime about a file (its columns, cells, or bytes) the form of all other
// diagnostics.
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { InputError } from "../../../runtime/core/input-error.ts";

/**
 * Does some work on what a file held; an {@link InputError} becomes a {@link DiagnosticError} with `code`
 * (T2003 for tables, T2004 for what is in them, T3001 for checkpoints, T3002 for files of tensors), placed in
 * the file.
 */
export function inFile<T>(file: string, code: "T2003" | "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new DiagnosticError([wrongIn(file, code, error)]);
  }
}

/** A row that has no line is named in words. */
export function wrongIn(file: string, code: string, { message, line }: InputError): Diagnostic {
  return typeof line === "number"
    ? { code, severity: "error", message, place: { file, line } }
    : {
        code,
        severity: "error",
        message: line === undefined ? message : `${line}: ${message}`,
        place: { file },
      };
}
