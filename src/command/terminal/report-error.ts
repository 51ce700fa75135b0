/** What a person reads when a command fails, and the exit code that goes with it. */
import { CommanderError } from "commander";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported, render } from "../../compiler/diagnostics/errors.ts";
import { isOfSpec } from "../../compiler/spec/read/typescript.ts";
import { errorText, printable } from "../../compiler/util/message-text.ts";
import { hasColour } from "./progress-line.ts";

const exit = { done: 0, failed: 1, wrong: 2 } as const;

/** Writes diagnostics to standard error, in colour on a terminal. */
export function say(diagnostics: readonly Diagnostic[], omitted = 0): void {
  if (diagnostics.length === 0) return;
  process.stderr.write(`${render(diagnostics, { colour: hasColour(process.stderr), omitted })}\n`);
}

/** Tells what went wrong, without a stack trace. Returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return reportUsage(error);
  if (error instanceof DiagnosticError) {
    say(error.diagnostics, error.omitted);
    return exit.wrong;
  }
  const message = error instanceof Error ? error.message : errorText(error);
  if (error instanceof Unsupported) {
    say([{ code: "T1901", severity: "error", message }]);
    return exit.wrong;
  }
  if (nameOf(error) === "InputError") {
    say([{ code: "T2004", severity: "error", message }]);
    return exit.wrong;
  }
  if (nameOf(error) === "TrainingDiverged") {
    say([{ code: "T4001", severity: "error", message }]);
    return exit.failed;
  }
  if (isOfSpec(error)) {
    say([
      { code: "T1009", severity: "error", message: `the spec fails after it was run: ${errorText(error)}` },
    ]);
    return exit.wrong;
  }
  const text = message.startsWith("internal: ") ? message : `internal: ${message}`;
  process.stderr.write(
    `${printable(text)}\nThis is a fault of tapeless, not of yours: please report it, with the spec.\n`,
  );
  return exit.failed;
}

/** An emitted trainer brings its own copies of the runtime's error classes, so they are known by name. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** Commander's sentence as a diagnostic: "error: unknown option '--epoch'\n(Did you mean --epochs?)". */
function reportUsage({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return exit.done;
  if (code === "commander.help") return exit.wrong;
  const [sentence, suggestion] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? "");
  const hint = meant ? `did you mean ${meant[1]}?` : "--help lists what there is";
  say([{ code: "T1010", severity: "error", message: sentence.replace(/\.$/, ""), hint }]);
  return exit.wrong;
}

// Arguments that cannot be meant together, as a diagnostic.

/** T1010: the command line is wrong. */
export const usageError = (message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, hint }]);
