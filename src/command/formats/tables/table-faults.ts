// What is wrong with the rows of a data file, gathered while it is read: the first few are told, the others counted.
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { InputError } from "../../../runtime/core/input-error.ts";
import { wrongIn } from "./in-file.ts";

/** How many wrong rows are named before "and so many more". */
const shownFaults = 5;

export interface TableFaults {
  /** Does some work on a row; what the runtime has against it is noted. */
  noting(work: () => void): void;
  /** @throws DiagnosticError if anything was noted */
  end(): void;
}

export function tableFaults(file: string): TableFaults {
  const shown: Diagnostic[] = [];
  let more = 0;
  return {
    noting(work) {
      try {
        work();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (shown.length === shownFaults) more++;
        else shown.push(wrongIn(file, "T2003", error));
      }
    },
    end() {
      const [first, ...others] = shown;
      if (first === undefined) return;
      const notes = more > 0 ? [`${more} more rows are wrong in the same way`] : [];
      throw new DiagnosticError([more > 0 ? { ...first, notes } : first, ...others]);
    },
  };
}
