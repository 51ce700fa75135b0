/** Output files: atomic writes, `--check`, source maps, and the check that no output overwrites an input. */
import * as files from "node:fs/promises";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EmittedFile } from "../../compiler/emit/emitted-file.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { fileReason, showValue } from "../../compiler/util/message-text.ts";
import { checkOutput, outputTarget, replaceFile } from "../../runtime/program/files.ts";
import { printDiagnostics } from "../terminal/report-error.ts";
import { dataPaths, modelPaths } from "./read-source.ts";

// Atomic write: temporary file, fsync, rename. A pipe, a terminal or /dev/null is written to directly.

/**
 * Writes a file, and creates its folder if necessary. A symbolic link is kept and its target replaced.
 * @throws DiagnosticError (T1011) if the file cannot be written; an existing file is then unchanged.
 */
export const writeFile = (file: string, content: string | Uint8Array): Promise<void> =>
  reportingErrors(file, async () => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const target = await outputTarget(files, file);
    await (target === undefined ? files.writeFile(file, bytes) : replaceFile(files, target, bytes));
  });

/**
 * Checks that a file can be written. Commands call this before they compute the content of the file. Removes
 * temporary files of killed runs.
 * @throws DiagnosticError (T1011)
 */
export const checkWritable = (file: string): Promise<void> =>
  reportingErrors(file, async () => {
    await checkOutput(files, file);
  });

/** Reports any error in `work` as a failure to write this file. */
async function reportingErrors(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message: `cannot write ${file}: ${fileReason(error)}` },
    ]);
  }
}

// Implements `--check`, which reports whether a file is up to date.

/** Reports the first difference, and the command that updates the file. Returns the exit code. */
export async function checkFile(file: string, wanted: string | Uint8Array, command: string): Promise<number> {
  const found = await readFile(file).catch(() => undefined);
  if (found?.equals(Buffer.from(wanted)) || (await isReformatted(file, found?.toString("utf8"), wanted))) {
    process.stdout.write(`${file} is up to date\n`);
    return 0;
  }
  const hint = `run: ${command}`;
  if (found === undefined) {
    printDiagnostics([
      { code: "T1012", severity: "error", message: "the file does not exist", location: { file }, hint },
    ]);
    return 1;
  }
  printDiagnostics([
    {
      code: "T1012",
      severity: "error",
      message: "the file is not up to date",
      hint,
      ...differing(file, found, wanted),
    },
  ]);
  return 1;
}

/** The location of the first difference. Of bytes, only the file is shown. */
function differing(file: string, found: Buffer, wanted: string | Uint8Array) {
  if (typeof wanted !== "string") return { location: { file } };
  const { line, ours, theirs } = firstDifference(found.toString("utf8"), wanted);
  return {
    location: { file, line },
    notes: [`found:    ${showValue(theirs)}`, `expected: ${showValue(ours)}`],
  };
}

/**
 * The number of the first line that differs, and this line in both files; undefined after the end of a file.
 */
function firstDifference(found: string, wanted: string) {
  const [theirs, ours] = [found.split("\n"), wanted.split("\n")];
  const differs = ours.findIndex((text, i) => text !== theirs[i]);
  const index = differs < 0 ? ours.length : differs;
  return { line: index + 1, ours: ours[index], theirs: theirs[index] };
}

// Before a command starts, checks that it neither overwrites its inputs nor writes two outputs to one file.

/** Outputs by flag. Values that are not strings, such as flags that are not set, are ignored. */
type Outputs = Readonly<Record<string, string | boolean | undefined>>;

/** Inputs by description, for messages. */
type Inputs = Readonly<Record<string, string | readonly string[] | undefined>>;

/** All files of a spec, even if a command does not read all of them; `given` is the path in `--data`. */
export const ofSpec = (spec: string, model: Model, given?: string): Inputs => ({
  "the spec": spec,
  "the data of the spec": dataPaths(spec, model, undefined),
  "the data": dataPaths(spec, model, given),
  "a model file of the spec": modelPaths(spec, model),
});

/** @throws DiagnosticError (T1014) if an output is also an input or another output. */
export async function checkOutputs(outputs: Outputs, inputs: Inputs): Promise<void> {
  const inputPaths = new Map<string, string>();
  for (const [what, files] of Object.entries(inputs))
    for (const file of files === undefined ? [] : [files].flat()) {
      const realPath = await realPathOf(file);
      if (!inputPaths.has(realPath)) inputPaths.set(realPath, what);
    }
  const written = new Map<string, string>();
  for (const [flag, file] of Object.entries(outputs)) {
    if (typeof file !== "string") continue;
    const realPath = await realPathOf(file);
    const [input, other] = [inputPaths.get(realPath), written.get(realPath)];
    if (input !== undefined) throw clash(`${flag} ${file} would overwrite ${input}`);
    if (other !== undefined) throw clash(`${other} and ${flag} would both be written to ${file}`);
    written.set(realPath, flag);
  }
}

/** @throws DiagnosticError (T1014) if the file exists and tapeless did not write it. */
export async function checkReplaceable(file: string, isOurs: (text: string) => boolean): Promise<void> {
  const there = await readFile(file, "utf8").catch(() => "");
  if (there !== "" && !isOurs(there))
    throw new DiagnosticError([
      {
        code: "T1014",
        severity: "error",
        message: `${file} exists and was not written by tapeless`,
        hint: "move it away, or choose another output with -o",
      },
    ]);
}

export const isSameFile = async (a: string, b: string): Promise<boolean> =>
  (await realPathOf(a)) === (await realPathOf(b));

/** The real path of a file that may not exist yet, with all symbolic links resolved. */
async function realPathOf(file: string): Promise<string> {
  const path = resolve(file);
  const folder = dirname(path);
  return realpath(path).catch(async () =>
    folder === path ? path : join(await realPathOf(folder), basename(path)),
  );
}

const clash = (message: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1014", severity: "error", message, hint: "choose another file" }]);

// Implements `compile --sourcemap`: writes an emitted file that links to its source map, and the map.

export interface OutputFile {
  readonly file: string;
  readonly content: string | Uint8Array;
}

const mapFileOf = (output: string): string => `${output}.map`;

/**
 * The map, and the code with one more line that links to it. The map comes first, so that a file never links
 * to a missing map. `spec` and `output` are paths as the user gives them.
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
    // One key per line, so that diffs of a committed map are readable.
    { file: mapFileOf(output), content: `${JSON.stringify(map, undefined, 2)}\n` },
    { file: output, content: code },
  ];
}

/**
 * Maps contain relative URLs, with forward slashes on every system, or absolute URLs for files on another
 * drive.
 */
function addressFrom(folder: string, file: string): string {
  const path = relative(resolve(folder), resolve(file));
  if (isAbsolute(path)) return pathToFileURL(resolve(file)).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}

/**
 * Whether two versions of a TypeScript file differ only in formatting. The user's formatter may have
 * reformatted the file.
 */
async function isReformatted(
  file: string,
  found: string | undefined,
  wanted: string | Uint8Array,
): Promise<boolean> {
  if (found === undefined || typeof wanted !== "string" || !/\.[cm]?ts$/.test(file)) return false;
  const { hasSameCode } = await import("../../compiler/emit/typescript/format.ts");
  // Text with syntax errors cannot be formatted.
  return hasSameCode(found, wanted).catch(() => false);
}
