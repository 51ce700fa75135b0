// Gives the errors of the trainer's runtime about a file (its columns, cells, or bytes) the form of all other diagnostics.
import { DiagnosticError } from "../diagnostics/errors.ts";
import { InputError } from "../runtime/input-error.ts";

/**
 * Does some work on what a file held; an {@link InputError} becomes a {@link DiagnosticError} with `code` (T2004 for data, T3001 for
 * checkpoints, T3002 for files of tensors), placed in the file.
 */
export function inFile<T>(file: string, code: "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const place = error.line === undefined ? { file } : { file, line: error.line };
    throw new DiagnosticError([{ code, severity: "error", message: error.message, place }]);
  }
}
