/** Outcomes of candidates, and the file of JSON lines that keeps them. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { jsonFigure as figure } from "../../compiler/util/json.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import type { Candidate } from "./candidates.ts";

// The outcome of one candidate: plain data, since it crosses threads and goes into the results file.

const summary = z.object({ loss: figure }).catchall(figure);

const outcome = z.union([
  z.strictObject({
    /** Of folds the mean. */
    bestEpoch: z.number(),
    /** Loss and metrics of the validation part, with the parameters that would be judged; of folds the mean. */
    validation: summary,
    /** Of folds the sample deviation. */
    deviation: summary.optional(),
    /** Of folds the figures of each. */
    folds: z
      .array(z.object({ bestEpoch: z.number(), loss: figure }).catchall(figure))
      .readonly()
      .optional(),
  }),
  /** The training failed: why. */
  z.strictObject({ diverged: z.string() }),
]);

export type Outcome = z.output<typeof outcome>;
export type Validated = Exclude<Outcome, { diverged: string }>;

export const isValidated = (found: Outcome): found is Validated => !("diverged" in found);

// The file starts with the identity of its search; then one line for each finished candidate. A killed process
// leaves at most a partial last line, which is ignored.

const header = z.looseObject({ search: z.string() });
const line = z.looseObject({ candidate: z.int().nonnegative() });

export type Outcomes = ReadonlyMap<number, Outcome>;

/**
 * What is done of the search with this hash; nothing, if there is no such file. @throws DiagnosticError
 * (T1706) for a file of something else
 */
export function readResults(file: string, hash: string): Map<number, Outcome> {
  const found = new Map<number, Outcome>();
  if (!existsSync(file)) return found;
  const text = readable(file);
  const [first, ...lines] = wholeLines(text).map(parsed);
  // Without a whole line it is ours only if it can be the beginning of our first.
  if (first === undefined && !isBeginning(text, hash)) throw refusal(file, 1, noResults, otherFile);
  if (first === undefined) return found;
  const head = header.safeParse(first);
  if (!head.success) throw refusal(file, 1, noResults, otherFile);
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
      throw refusal(
        file,
        index + 2,
        "the line holds no outcome of a candidate",
        "delete the line: its candidate is tried again",
      );
    found.set(named.data.candidate, result.data);
  });
  return found;
}

function readable(file: string): string {
  try {
    // A device may have no end.
    if (statSync(file).isFile()) return readFileSync(file, "utf8");
    throw refusal(file, 1, "this is no regular file, and results are read again", "name a file with --out");
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const message = `the file cannot be read: ${fileReason(error)}`;
    throw new DiagnosticError([{ code: "T1001", severity: "error", message, location: { file } }]);
  }
}

function isBeginning(text: string, hash: string): boolean {
  const start = JSON.stringify({ search: hash }).slice(0, -1);
  return text.startsWith(start) || start.startsWith(text);
}

const noResults = "the file holds no results of a search";
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
  new DiagnosticError([{ code: "T1706", severity: "error", message, location: { file, line: at }, hint }]);

/** Readies the file for more lines: half of one is cut off, and a new file is given its first. */
export function openResults(file: string, hash: string, model: string): void {
  const isBegun = writing(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return false;
    const bytes = readFileSync(file);
    truncateSync(file, bytes.lastIndexOf("\n") + 1);
    return bytes.includes("\n");
  });
  if (!isBegun) append(file, { search: hash, model });
}

/** Adds one outcome. Nothing waits in this process: once this returns, the line outlives it. */
export const addResult = (file: string, { number, values }: Candidate, result: Outcome): void =>
  append(file, { candidate: number, values, ...result });

const append = (file: string, value: object): void =>
  writing(file, () => appendFileSync(file, `${JSON.stringify(value)}\n`));

/** @throws DiagnosticError (T1011) for a file that cannot be written: a full disk, say. What it holds stays. */
function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = `cannot write ${file}: ${fileReason(error)}`;
    const hint = "the outcomes that it holds are kept: the same command goes on from there";
    throw new DiagnosticError([{ code: "T1011", severity: "error", message, hint }]);
  }
}
