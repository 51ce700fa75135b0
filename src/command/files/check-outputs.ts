/**
 * No command writes over what it reads, nor two of its results into one file: told before there is anything
 * to lose.
 */
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { dataPaths } from "./read-source.ts";

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
