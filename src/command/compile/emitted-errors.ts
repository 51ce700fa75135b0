/**
 * Errors of an emitted trainer as diagnostics. The trainer is a module of its own with its own copies of the
 * runtime's error classes, so `instanceof` does not know them; their names do.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { inFile } from "../formats/tables/in-file.ts";
import type { Placing } from "../../runtime/data/dataset.ts";

/** For rows: what is wrong with them is told with their file. */
export const onData: Placing = (file, work) => onFile(file, "T2004", work);

/** Does some work on what a file held; whatever the trainer or the runtime has against it is told with the file. */
export function onFile<T>(file: string, code: "T2004" | "T3001" | "T3002", work: () => T): T {
  try {
    return inFile(file, code, work);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InputError") throw error;
    throw new DiagnosticError([{ code, severity: "error", message: error.message, place: { file } }]);
  }
}
