/** Prints the error of a failed command and maps it to an exit code. */
import { CommanderError } from "commander";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported, render } from "../../compiler/diagnostics/errors.ts";
import { isOfSpec } from "../../compiler/spec/read/typescript.ts";
import { errorText, printable } from "../../compiler/util/message-text.ts";
import { hasColour } from "./progress-line.ts";

const exit = { done: 0, failed: 1, wrong: 2 } as const;

/** Prints diagnostics on standard error, in colour on a terminal. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], omitted = 0): void {
  if (diagnostics.length === 0) return;
  process.stderr.write(`${render(diagnostics, { colour: hasColour(process.stderr), omitted })}\n`);
}

/** Prints a notice about the rows of a file on standard error. */
export const printNotice = (file: string, notice: string): void => {
  process.stderr.write(`${file}: ${notice}\n`);
};

/** Prints an error without a stack trace. Returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return reportUsage(error);
  if (error instanceof DiagnosticError) {
    printDiagnostics(error.diagnostics, error.omitted);
    return exit.wrong;
  }
  const message = error instanceof Error ? error.message : errorText(error);
  if (error instanceof Unsupported) {
    printDiagnostics([{ code: "T1901", severity: "error", message }]);
    return exit.wrong;
  }
  if (nameOf(error) === "InputError") {
    printDiagnostics([{ code: "T2004", severity: "error", message }]);
    return exit.wrong;
  }
  if (nameOf(error) === "TrainingDiverged") {
    printDiagnostics([{ code: "T4001", severity: "error", message }]);
    return exit.failed;
  }
  if (isOfSpec(error)) {
    printDiagnostics([
      { code: "T1009", severity: "error", message: `the spec throws after it has run: ${errorText(error)}` },
    ]);
    return exit.wrong;
  }
  const text = message.startsWith("internal: ") ? message : `internal: ${message}`;
  // Line breaks are kept, because internal messages may contain lists.
  const lines = text.split("\n").map(printable).join("\n");
  process.stderr.write(`${lines}\nThis is a bug in tapeless. Please report it together with the spec.\n`);
  return exit.failed;
}

/**
 * Identifies errors by name, because an emitted trainer contains its own copies of the runtime's error
 * classes.
 */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** Converts a message of commander, such as "error: unknown option '--epoch'\n(Did you mean --epochs?)". */
function reportUsage({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return exit.done;
  if (code === "commander.help") return exit.wrong;
  const [sentence, suggestion] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? "");
  const hint = meant ? `did you mean ${meant[1]}?` : "--help lists commands and options";
  printDiagnostics([{ code: "T1010", severity: "error", message: sentence.replace(/\.$/, ""), hint }]);
  return exit.wrong;
}

/** The error T1010: the command line is invalid. */
export const usageError = (message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, hint }]);
