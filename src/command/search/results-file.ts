/** Outcomes of candidates, and the JSON Lines file that stores them. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { jsonFigure as figure } from "../../compiler/util/json.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import type { Candidate } from "./candidates.ts";

// The outcome of one candidate: plain data, which is sent between threads and stored in the results file.

const summary = z.object({ loss: figure }).catchall(figure);

const outcome = z.union([
  z.strictObject({
    /** The best epoch; with folds, the mean of their best epochs. */
    bestEpoch: z.number(),
    /**
     * Loss and metrics on the validation split, for the parameters that would be tested; with folds, their
     * means.
     */
    validation: summary,
    /** With folds: the sample standard deviations of loss and metrics. */
    deviation: summary.optional(),
    /** With folds: the results of each fold. */
    folds: z
      .array(z.object({ bestEpoch: z.number(), loss: figure }).catchall(figure))
      .readonly()
      .optional(),
  }),
  /** The training diverged. The text is the reason. */
  z.strictObject({ diverged: z.string() }),
]);

export type Outcome = z.output<typeof outcome>;
export type Validated = Exclude<Outcome, { diverged: string }>;

export const isValidated = (found: Outcome): found is Validated => !("diverged" in found);

// The first line contains the hash of the search, and each further line contains the outcome of a candidate.
// A killed process leaves at most a partial last line, which is ignored.

const header = z.looseObject({ search: z.string() });
const line = z.looseObject({ candidate: z.int().nonnegative() });

export type Outcomes = ReadonlyMap<number, Outcome>;

/** The stored outcomes of the search with this hash. @throws DiagnosticError (T1706) for any other file */
export function readResults(file: string, hash: string): Map<number, Outcome> {
  const found = new Map<number, Outcome>();
  if (!existsSync(file)) return found;
  const text = readable(file);
  const [first, ...lines] = wholeLines(text).map(parsed);
  // A file without a complete line belongs to this search only if it is a prefix of the first line.
  if (first === undefined && !isBeginning(text, hash)) throw refusal(file, 1, noResults, otherFile);
  if (first === undefined) return found;
  const head = header.safeParse(first);
  if (!head.success) throw refusal(file, 1, noResults, otherFile);
  if (head.data.search !== hash)
    throw refusal(
      file,
      1,
      "the file contains results of another search: the spec, the data, --dtype, --engine or the compiler differs",
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
        "the line is not the result of a candidate",
        "delete the line to train its candidate again",
      );
    found.set(named.data.candidate, result.data);
  });
  return found;
}

function readable(file: string): string {
  try {
    // Only regular files are read, because reading a device may never end.
    if (statSync(file).isFile()) return readFileSync(file, "utf8");
    throw refusal(file, 1, "the path of the results is not a regular file", "choose a file with --out");
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const message = `cannot read the file: ${fileReason(error)}`;
    throw new DiagnosticError([{ code: "T1001", severity: "error", message, location: { file } }]);
  }
}

function isBeginning(text: string, hash: string): boolean {
  const start = JSON.stringify({ search: hash }).slice(0, -1);
  return text.startsWith(start) || start.startsWith(text);
}

const noResults = "the file contains no results of a search";
const otherFile = "choose another file with --out, or delete this one";

/** Lines that end with a line break. */
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

/**
 * Prepares the file for appending: truncates a partial last line, and writes the first line of a new file.
 */
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

/** Appends one outcome. The write is synchronous, so the line is not lost if the process is killed later. */
export const addResult = (file: string, { number, values }: Candidate, result: Outcome): void =>
  append(file, { candidate: number, values, ...result });

const append = (file: string, value: object): void =>
  writing(file, () => appendFileSync(file, `${JSON.stringify(value)}\n`));

/** @throws DiagnosticError (T1011) if the file cannot be written, for example because the disk is full. */
function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = `cannot write ${file}: ${fileReason(error)}`;
    const hint = "stored results are not lost; run the same command again to resume";
    throw new DiagnosticError([{ code: "T1011", severity: "error", message, hint }]);
  }
}
