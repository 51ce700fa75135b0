/** The text of a spec: kept so that diagnostics of any stage can show a code frame, and parsed to a model. */
import { DiagnosticError, codeFrame, mostKept } from "../../diagnostics/errors.ts";
import type { Diagnostic, Place, SpecPath } from "../../diagnostics/diagnostic.ts";
import { lineIndex } from "../../util/line-index.ts";
import type { LineIndex } from "../../util/line-index.ts";
import { printable } from "../../util/message-text.ts";
import { parseSpec } from "../parse-model.ts";
import type { Search } from "../search-schema.ts";
import type { Model } from "../types.ts";
import { nodeAt, spanWithin } from "./placed.ts";
import type { Fault, Placed, ReadTree, Span } from "./placed.ts";

// The text of a spec. Diagnostics of later stages know only paths; from the text they get a file, line, column and
// code frame.

export interface SpecSource {
  /** The file as the user named it. */
  readonly file: string;
  /** Its name without folders and extension. */
  readonly name: string;
  readonly text: string;
  /** Gives each diagnostic that has a path its place and frame; those that have a place already stay as they are. */
  locate(diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]>;
  /**
   * Where the value at the path begins, counted from 1; of what the text leaves out, as defaults, the nearest
   * thing around it. Nothing if no place is known, as of a spec in TypeScript whose parts are computed.
   */
  placeOf(path: SpecPath): Promise<{ readonly line: number; readonly column: number } | undefined>;
}

/** `placesOf` is asked only when there is something to locate. */
function specSource(file: string, text: string, placesOf: () => Promise<Placed | undefined>): SpecSource {
  let places: Promise<Placed | undefined> | undefined;
  let indexed: LineIndex | undefined;
  const index = () => (indexed ??= lineIndex(text));
  const locate = async (diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]> => {
    if (diagnostics.length === 0) return diagnostics;
    const root = await (places ??= placesOf());
    const located = diagnostics.map((diagnostic) => {
      if (diagnostic.place || !diagnostic.path) return diagnostic;
      // Of a spec that is computed only the file is known; its beginning is no line to show.
      return root
        ? { ...diagnostic, ...placed(file, index(), spanOf(text, root, diagnostic)) }
        : { ...diagnostic, place: { file, line: 1, column: 1 } };
    });
    return located.sort(byPlace);
  };
  const placeOf = async (path: SpecPath) => {
    const root = await (places ??= placesOf());
    return root && index().at(nodeAt(root, path).node.start);
  };
  return { file, name: nameOf(file), text, locate, placeOf };
}

/** Without folders and extension. */
const nameOf = (file: string): string => file.replace(/^.*[/\\]/s, "").replace(/\.[^.]*$/, "");

/** Errors before warnings, then as they stand in the file. */
function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.severity !== b.severity) return a.severity === "error" ? -1 : 1;
  const [first, second] = [a.place, b.place];
  return (first?.line ?? 0) - (second?.line ?? 0) || (first?.column ?? 0) - (second?.column ?? 0);
}

/** Runs a later stage; the diagnostics that it throws get their places. */
export async function located<T>(source: SpecSource, stage: () => T | Promise<T>): Promise<T> {
  try {
    return await stage();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    throw new DiagnosticError(await source.locate(error.diagnostics), error.omitted);
  }
}

/**
 * What is wrong with the text itself, as diagnostics; sentences of other programs among it lose what a
 * terminal obeys.
 */
function textError(file: string, text: string, faults: readonly Fault[]): DiagnosticError {
  const index = lineIndex(text);
  const shown = faults.slice(0, mostKept).map(({ code, message, hint, span, other }): Diagnostic => {
    const notes = other && [`it is given before at line ${index.at(other.start).line}`];
    return {
      code,
      severity: "error",
      message: printable(message),
      hint,
      notes,
      ...placed(file, index, span),
    };
  });
  return new DiagnosticError(shown, faults.length - shown.length);
}

/**
 * The key or the value at the diagnostic's path; where the path leaves the text, the key of the nearest thing
 * around it.
 */
function spanOf(text: string, root: Placed, { path = [], at, within }: Diagnostic): Span {
  const { node, exact } = nodeAt(root, path);
  const part = within && exact ? spanWithin(text, node, within) : undefined;
  if (part !== undefined) return part;
  if (at === "key" && exact && node.key) return node.key;
  // An object or a list is marked by its first character: all of it is no place to look at.
  if (node.members.size > 0) return { start: node.start, end: node.start + 1 };
  return node;
}

function placed(file: string, index: LineIndex, span: Span): { place: Place; frame?: string } {
  const { line, column } = index.at(span.start);
  const lineEnd = index.lines[line - 1].length + 1;
  const end = index.at(span.end);
  const endColumn = Math.max(column + 1, end.line === line ? end.column : lineEnd);
  const place = { file, line, column, endColumn };
  return { place, frame: codeFrame(index.lines, place) };
}

// From the parsed text to a model: reports syntax errors, passes the value to the parser, and locates every
// diagnostic. Needs no file and no host, so it runs in a page too.

/** What reading a spec gives; `source` locates the diagnostics of later stages. */
export interface ReadSpec {
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  readonly source: SpecSource;
  /** The spec as it was written, and its search. */
  readonly value: unknown;
  readonly search?: Search | undefined;
}

/**
 * The model of a text that a reader made this tree of; `placesOf` is asked only when there is something to locate.
 * @throws DiagnosticError with everything that is wrong, each with its file and, where there is one, line,
 * column and code frame.
 */
export async function specOfTree(
  file: string,
  text: string,
  tree: ReadTree,
  placesOf: () => Promise<Placed | undefined> = async () => tree.placed,
): Promise<ReadSpec> {
  if (tree.faults.length > 0) throw textError(file, text, tree.faults);
  const source = specSource(file, text, placesOf);
  const { model, warnings, search } = await located(source, () => parseSpec(tree.value));
  return { model, warnings: await source.locate(warnings), source, value: tree.value, search };
}
