// Gives the errors of the trainer's runtime about a file (its columns, cells, or bytes) the form of all other diagnostics.
import { DiagnosticError } from "../diagnostics/errors.ts";
import { InputError } from "../runtime/input-error.ts";

/**
 * Does some work on what a file held; an {@link InputError} becomes a {@link DiagnosticError} with `code` (T2003 for tables, T2004 for what is in them, T3001 for
 * checkpoints), placed in the file.
 */
export function inFile<T>(file: string, code: "T2003" | "T2004" | "T3001", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const place = error.line === undefined ? { file } : { file, line: error.line };
    throw new DiagnosticError([{ code, severity: "error", message: error.message, place }]);
  }
}
