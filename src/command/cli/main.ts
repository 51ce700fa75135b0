/**
 * The command line as a function: arguments in, exit code out. 0: success; 1: the command failed; 2: the
 * spec, the data or the arguments are invalid.
 */
import { createProgram } from "./program.ts";
import { reportError } from "../terminal/report-error.ts";

/**
 * Handles uncaught errors, such as one in a timer that a spec started: reports the error without a stack
 * trace and exits.
 */
export const exitWithError = (error: unknown): never => process.exit(reportError(error));

/** Runs one command. Never throws: errors are printed on standard error. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader may close the pipe early, as in `tapeless inspect … | head`. That is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return reportError(error);
  }
}
