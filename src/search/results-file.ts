// The outcomes of a search in a file of JSON lines: first which search they belong to, then one line for each candidate as it is done. A
// process that is killed leaves at worst half of the last line, which is not counted.
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { DiagnosticError } from "../diagnostics/errors.ts";
import type { Candidate } from "./candidates.ts";
import { outcome, type Outcome } from "./outcome.ts";

const header = z.looseObject({ search: z.string() });
const line = z.looseObject({ candidate: z.int().nonnegative() });

export type Outcomes = ReadonlyMap<number, Outcome>;

/** What is done of the search with this hash; nothing, if there is no such file. @throws DiagnosticError (T1706) for a file of something else */
export function readResults(file: string, hash: string): Map<number, Outcome> {
  const found = new Map<number, Outcome>();
  if (!existsSync(file)) return found;
  const [first, ...lines] = wholeLines(readFileSync(file, "utf8")).map(parsed);
  if (first === undefined) return found;
  const head = header.safeParse(first);
  if (!head.success) throw refusal(file, 1, "the file holds no results of a search", otherFile);
  if (head.data.search !== hash)
    throw refusal(
      file,
      1,
      "the file holds the results of another search: the spec, the data, the type or the compiler was another one",
      otherFile,
    );
  lines.forEach((value, index) => {
    const named = line.safeParse(value);
    const { candidate: _, values: __, ...rest } = named.data ?? { candidate: 0 };
    const result = outcome.safeParse(rest);
    if (!named.success || !result.success)
      throw refusal(file, index + 2, "the line holds no outcome of a candidate", "delete the line: its candidate is tried again"); // prettier-ignore
    found.set(named.data.candidate, result.data);
  });
  return found;
}

const otherFile = "name another file with --out, or delete this one";

/** Those that end with a line break. */
const wholeLines = (text: string): string[] => text.split("\n").slice(0, -1);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const refusal = (file: string, at: number, message: string, hint: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1706", severity: "error", message, place: { file, line: at }, hint }]);

/** Readies the file for more lines: half of one is cut off, and a new file is given its first. */
export function openResults(file: string, hash: string, model: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) {
    const bytes = readFileSync(file);
    truncateSync(file, bytes.lastIndexOf("\n") + 1);
    if (bytes.includes("\n")) return;
  }
  append(file, { search: hash, model });
}

/** Adds one outcome. Nothing waits in this process: once this returns, the line outlives it. */
export const addResult = (file: string, { number, values }: Candidate, result: Outcome): void =>
  append(file, { candidate: number, values, ...result });

const append = (file: string, value: object): void => appendFileSync(file, `${JSON.stringify(value)}\n`);
