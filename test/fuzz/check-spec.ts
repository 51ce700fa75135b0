// Checks the outcome for any spec. It must be a trainer whose text contains only names of the compiler, or
// diagnostics with a code, a message of one printable line, and a location inside the text.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../src/compiler/compile.ts";
import type { Diagnostic } from "../../src/compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../../src/compiler/diagnostics/errors.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { located } from "../../src/compiler/spec/read/spec-source.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { foreignNames } from "./emitted-names.ts";

/** The text of a file with this extension, or a value that is passed to the library. */
export type Broken =
  | { readonly ending: "json" | "yaml" | "ts"; readonly text: string | Uint8Array }
  | { readonly value: unknown };

export interface Verdict {
  readonly outcome: "accepted" | "refused";
  /** The codes of the diagnostics. */
  readonly codes: readonly string[];
  readonly faults: readonly string[];
}

/** Compiles the spec, whose file is written to `folder`. Never throws. */
export async function checkSpec(broken: Broken, folder: string): Promise<Verdict> {
  const text = "text" in broken ? decoded(broken.text) : undefined;
  try {
    const { code, warnings } = await compiled(broken, folder);
    const faults = warnings.flatMap((warning) => faultsOf(warning, text));
    return { outcome: "accepted", codes: [], faults: [...faults, ...foreignNames(code)] };
  } catch (error) {
    if (error instanceof Unsupported)
      return {
        outcome: "refused",
        codes: ["T1901"],
        faults: [`a missing feature without a location: ${error.message}`],
      };
    if (!(error instanceof DiagnosticError))
      return { outcome: "refused", codes: [], faults: [`internal: ${stackOf(error)}`] };
    const { diagnostics } = error;
    const codes = diagnostics.map(({ code }) => code);
    return { outcome: "refused", codes, faults: diagnostics.flatMap((each) => faultsOf(each, text)) };
  }
}

async function compiled(broken: Broken, folder: string) {
  if (!("text" in broken)) return compile(broken.value as Parameters<typeof compile>[0]);
  const file = join(folder, `spec.${broken.ending}`);
  writeFileSync(file, broken.text);
  const { model, warnings, source } = await readSpec(file);
  const compilation = await located(source, () => compileFor(model, { dtype: "f32" }));
  const found = [...warnings, ...(await source.locate(compilation.built.warnings))];
  return { code: await emitText(compilation, "f32", { isFormatted: false }), warnings: found };
}

const decoded = (text: string | Uint8Array): string =>
  new TextDecoder().decode(typeof text === "string" ? new TextEncoder().encode(text) : text);

const stackOf = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" | ")
    : "no error was thrown";
const unclean = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * Returns what is wrong with a diagnostic. `text` is the text of the file; a spec that is a value has none.
 */
function faultsOf(
  { code, message, hint = "", notes = [], location, path, frame = "" }: Diagnostic,
  text: string | undefined,
): string[] {
  const faults: string[] = [];
  if (!/^T\d{4}$/.test(code)) faults.push(`the code is ${code}`);
  for (const sentence of [message, hint, ...notes, ...frame.split("\n")]) {
    if (unclean.test(sentence)) faults.push(`control characters of a terminal: ${JSON.stringify(sentence)}`);
    if (sentence.length > 2000) faults.push(`a sentence of ${sentence.length} characters`);
  }
  if (/\[object |^undefined|of undefined$/.test(message.replace(/"(?:[^"\\]|\\.)*"/g, "")))
    faults.push(`a message that contains a JavaScript value: ${message}`);
  if (text === undefined) return path === undefined ? [...faults, `no path: ${code} ${message}`] : faults;
  return [...faults, ...placeFaults(location, text).map((fault) => `${fault}: ${code} ${message}`)];
}

function placeFaults(place: Diagnostic["location"], text: string): string[] {
  if (place === undefined) return ["no location"];
  // If the file is empty or too large to be read, the location has no line.
  if (place.line === undefined) return text.trim() === "" || text.length > 4 * 2 ** 20 ? [] : ["no line"];
  const { line, column = 1, endColumn = column } = place;
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  if (line < 1 || line > lines.length) return [`line ${line} of ${lines.length}`];
  const { length } = lines[line - 1];
  if (column < 1 || column > length + 1) return [`column ${column} of a line of ${length} characters`];
  return endColumn <= column && endColumn !== column ? [`ends at column ${endColumn}, before ${column}`] : [];
}

/** The spec on one line; for a value, which no text can represent, how to generate it. */
export function shown(broken: Broken): string {
  if (!("text" in broken)) return "a value: brokenSpec of this seed and number";
  const text = typeof broken.text === "string" ? broken.text : Buffer.from(broken.text).toString("latin1");
  return `.${broken.ending} ${JSON.stringify(text).slice(0, 3000)}`;
}
