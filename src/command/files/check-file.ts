/** `--check`: compares a file with the text that would be written. */
import { readFile } from "node:fs/promises";
import { showValue } from "../../compiler/util/show-value.ts";
import { say } from "../terminal/report-error.ts";

/**
 * Reports the first difference and the command that updates the file. Returns the exit code. A TypeScript file may be
 * formatted in another way: only a difference in its code counts.
 */
export async function checkFile(file: string, wanted: string, command: string): Promise<number> {
  const found = await readFile(file).catch(() => undefined);
  if (found?.equals(Buffer.from(wanted)) || (await isReformatted(file, found?.toString("utf8"), wanted))) {
    process.stdout.write(`${file} is up to date\n`);
    return 0;
  }
  const hint = `run: ${command}`;
  if (found === undefined) {
    say([{ code: "T1012", severity: "error", message: "the file is not there", place: { file }, hint }]);
    return 1;
  }
  const { line, ours, theirs } = firstDifference(found.toString("utf8"), wanted);
  say([
    {
      code: "T1012",
      severity: "error",
      message: "the file is not what would be written",
      place: { file, line },
      hint,
      notes: [`it has:   ${showValue(theirs)}`, `would be: ${showValue(ours)}`],
    },
  ]);
  return 1;
}

async function isReformatted(file: string, found: string | undefined, wanted: string): Promise<boolean> {
  if (found === undefined || !/\.[cm]?ts$/.test(file)) return false;
  const { hasSameCode } = await import("../../compiler/emit/typescript/format.ts");
  // Text with syntax errors cannot be formatted.
  return hasSameCode(found, wanted).catch(() => false);
}

/** The number of the first line that differs, and that line in both; a line that is not there is undefined. */
function firstDifference(found: string, wanted: string) {
  const [theirs, ours] = [found.split("\n"), wanted.split("\n")];
  const differs = ours.findIndex((text, i) => text !== theirs[i]);
  const index = differs < 0 ? ours.length : differs;
  return { line: index + 1, ours: ours[index], theirs: theirs[index] };
}
