/**
 * The command line as a function: arguments in, exit code out. 0 done; 1 the work failed; 2 spec, data or
 * arguments are wrong.
 */
import { createProgram } from "./program.ts";
import { reportError } from "../terminal/report-error.ts";

/**
 * For what nobody catches, as a late timer of a spec: it ends the process like any other error, without a
 * stack trace.
 */
export const endOn = (error: unknown): never => process.exit(reportError(error));

/** Runs one command. Never throws; what went wrong stands on standard error. */
export async function main(args: readonly string[]): Promise<number> {
  // Whoever reads our output may have had enough of it: `tapeless inspect … | head` is no fault.
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
