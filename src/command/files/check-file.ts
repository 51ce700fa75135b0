/** Whether a file is what would be written: what every --check does. */
import { readFile } from "node:fs/promises";
import { showValue } from "../../compiler/util/show-value.ts";
import { say } from "../terminal/report-error.ts";

/** Says what differs first, and what command mends it. Returns the exit code. */
export async function checkFile(file: string, wanted: string, command: string): Promise<number> {
  const found = await readFile(file).catch(() => undefined);
  if (found?.equals(Buffer.from(wanted))) {
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

/** The number of the first line that differs, and that line in both; a line that is not there is undefined. */
function firstDifference(found: string, wanted: string) {
  const [theirs, ours] = [found.split("\n"), wanted.split("\n")];
  const differs = ours.findIndex((text, i) => text !== theirs[i]);
  const index = differs < 0 ? ours.length : differs;
  return { line: index + 1, ours: ours[index], theirs: theirs[index] };
}
