/**
 * Writes a file so that at no moment there is half of one, whatever stops the process or the machine. What is
 * no file but takes what is written to it (a pipe, a terminal, /dev/null) is written to: nothing is put in
 * its place.
 */
import * as files from "node:fs/promises";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { checkOutput, outputTarget, replaceFile } from "../../runtime/program/files.ts";
import { fileReason } from "../../compiler/util/error-text.ts";

/**
 * Beside it first, and onto the disk, then renamed onto it; a link stays, and what it leads to is replaced.
 * Makes the folder if need be.
 * @throws DiagnosticError (T1011) if the file cannot be written; one that was there is then as it was.
 */
export const writeFile = (file: string, content: string | Uint8Array): Promise<void> =>
  telling(file, async () => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const target = await outputTarget(files, file);
    await (target === undefined ? files.writeFile(file, bytes) : replaceFile(files, target, bytes));
  });

/**
 * Finds out whether the file could be written, before the work whose result it is to hold; removes what runs
 * that were killed left of it.
 * @throws DiagnosticError (T1011)
 */
export const checkWritable = (file: string): Promise<void> =>
  telling(file, async () => {
    await checkOutput(files, file);
  });

/** What goes wrong in the work is told as a fault of writing this file. */
async function telling(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message: `cannot write ${file}: ${fileReason(error)}` },
    ]);
  }
}
