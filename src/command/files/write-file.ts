/**
 * Files that commands write: atomic writes, `--check`, source maps, and the check that no output overwrites an
 * input.
 */
import * as files from "node:fs/promises";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EmittedFile } from "../../compiler/emit/emitted-file.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { fileReason, showValue } from "../../compiler/util/message-text.ts";
import { checkOutput, outputTarget, replaceFile } from "../../runtime/program/output-file.ts";
import { say } from "../terminal/report-error.ts";
import { dataPaths } from "./read-source.ts";

// Atomic write: temporary file, fsync, rename. A pipe, a terminal or /dev/null is written to directly.

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

// `--check`: whether a file has the content that would be written.

/** Says what differs first, and what command mends it. Returns the exit code. */
export async function checkFile(file: string, wanted: string, command: string): Promise<number> {
  const found = await readFile(file).catch(() => undefined);
  if (found?.equals(Buffer.from(wanted))) {
    process.stdout.write(`${file} is up to date\n`);
    return 0;
  }
  const hint = `run: ${command}`;
  if (found === undefined) {
    say([{ code: "T1012", severity: "error", message: "the file is not there", location: { file }, hint }]);
    return 1;
  }
  const { line, ours, theirs } = firstDifference(found.toString("utf8"), wanted);
  say([
    {
      code: "T1012",
      severity: "error",
      message: "the file is not what would be written",
      location: { file, line },
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

// No command overwrites its inputs, or writes two outputs to one file. This is checked before any work starts.

/** By the flag that names each; what is no file, as a flag that was not given, is left out. */
type Outputs = Readonly<Record<string, string | boolean | undefined>>;

/** By what they are, in words. */
type Inputs = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What belongs to a spec, whether or not a command reads all of it; `given` is what --data names. */
export const ofSpec = (spec: string, model: Model, given?: string): Inputs => ({
  "the spec": spec,
  "the data of the spec": dataPaths(spec, model, undefined),
  "the data": dataPaths(spec, model, given),
});

/** @throws DiagnosticError (T1014) if an output is one of the inputs, or another output. */
export async function checkOutputs(outputs: Outputs, inputs: Inputs): Promise<void> {
  const taken = new Map<string, string>();
  for (const [what, files] of Object.entries(inputs))
    for (const file of files === undefined ? [] : [files].flat()) {
      const place = await placeOf(file);
      if (!taken.has(place)) taken.set(place, what);
    }
  const written = new Map<string, string>();
  for (const [flag, file] of Object.entries(outputs)) {
    if (typeof file !== "string") continue;
    const place = await placeOf(file);
    const [input, other] = [taken.get(place), written.get(place)];
    if (input !== undefined) throw clash(`${flag} ${file} would overwrite ${input}`);
    if (other !== undefined) throw clash(`${other} and ${flag} would both be written to ${file}`);
    written.set(place, flag);
  }
}

/** @throws DiagnosticError (T1014) if there is a file that begins otherwise than what would be written there. */
export async function checkReplaceable(file: string, beginning: string): Promise<void> {
  const there = await readFile(file, "utf8").catch(() => "");
  if (there !== "" && !there.startsWith(beginning))
    throw new DiagnosticError([
      {
        code: "T1014",
        severity: "error",
        message: `${file} is no file that tapeless has written`,
        hint: "move it away, or name another output with -o",
      },
    ]);
}

export const isSameFile = async (a: string, b: string): Promise<boolean> =>
  (await placeOf(a)) === (await placeOf(b));

/** Where a file lies, or would lie, whatever links lead there. */
async function placeOf(file: string): Promise<string> {
  const path = resolve(file);
  const folder = dirname(path);
  return realpath(path).catch(async () =>
    folder === path ? path : join(await placeOf(folder), basename(path)),
  );
}

const clash = (message: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1014", severity: "error", message, hint: "name another file" }]);

// `compile --sourcemap`: an emitted file that names its source map, and the map next to it.

export interface OutputFile {
  readonly file: string;
  readonly content: string;
}

export const mapFileOf = (output: string): string => `${output}.map`;

/**
 * The code, which is as without a map but for one line at its end, and the map; in the order of writing, so
 * that a file never names one that is not there. `spec` and `output` are paths as the user gives them.
 */
export async function mappedFile(
  emitted: EmittedFile,
  source: SpecSource,
  { spec, output }: { readonly spec: string; readonly output: string },
): Promise<readonly OutputFile[]> {
  const { sourceMap } = await import("../../studio/explain/source-map.ts");
  const file = basename(output);
  const map = await sourceMap(emitted, source, { file, spec: addressFrom(dirname(output), spec) });
  const code = `${emitted.text}//# sourceMappingURL=${encodeURIComponent(mapFileOf(file))}\n`;
  return [
    // One key a line: where a map is kept with the code, a change of it can be read.
    { file: mapFileOf(output), content: `${JSON.stringify(map, undefined, 2)}\n` },
    { file: output, content: code },
  ];
}

/** Addresses in maps are relative URLs, with slashes on every system; on another drive they are whole. */
function addressFrom(folder: string, file: string): string {
  const path = relative(resolve(folder), resolve(file));
  if (isAbsolute(path)) return pathToFileURL(resolve(file)).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}
