/** The text of a spec. It is parsed into a model, and diagnostics of any stage show parts of it. */
import { DiagnosticError, codeFrame, mostKept } from "../../diagnostics/errors.ts";
import type { Diagnostic, SourceLocation, SpecPath } from "../../diagnostics/diagnostic.ts";
import { lineIndex } from "../../util/line-index.ts";
import type { LineIndex } from "../../util/line-index.ts";
import { printable } from "../../util/message-text.ts";
import { parseSpec } from "../parse-model.ts";
import { readModelFiles } from "../model-files.ts";
import type { ModelFiles, ReadContent } from "../model-files.ts";
import type { Search } from "../search-schema.ts";
import type { Model } from "../types.ts";
import { nodeAt, spanWithin } from "./locations.ts";
import type { TextError, Located, ReadTree, Span } from "./locations.ts";

// The text of a spec. Diagnostics of later stages have only paths. The source adds file, line, column and
// code frame.

export interface SpecSource {
  /** The path of the file, as the user wrote it. */
  readonly file: string;
  /** The file's name without folders and extension. */
  readonly name: string;
  readonly text: string;
  /** Adds location and frame to each diagnostic that has a path but no location yet. */
  locate(diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]>;
  /**
   * The line and column at which the value at the path begins, counted from 1. For a default, which is not in
   * the text, the location is that of the nearest enclosing value. Undefined if no location is known, as for
   * a computed TypeScript spec.
   */
  locationOf(path: SpecPath): Promise<{ readonly line: number; readonly column: number } | undefined>;
  /** Whether the text has a value at the path. */
  isWritten(path: SpecPath): Promise<boolean>;
}

/** Calls `locationsOf` only if there is something to locate. */
function specSource(file: string, text: string, locationsOf: () => Promise<Located | undefined>): SpecSource {
  let locations: Promise<Located | undefined> | undefined;
  let indexed: LineIndex | undefined;
  const index = () => (indexed ??= lineIndex(text));
  const locate = async (diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]> => {
    if (diagnostics.length === 0) return diagnostics;
    const root = await (locations ??= locationsOf());
    const located = diagnostics.map((diagnostic) => {
      if (diagnostic.location || !diagnostic.path) return diagnostic;
      // For a computed spec, only the file is known. A frame with its first line would be misleading.
      return root
        ? { ...diagnostic, ...locationAndFrame(file, index(), spanOf(text, root, diagnostic)) }
        : { ...diagnostic, location: { file, line: 1, column: 1 } };
    });
    return located.sort(byLocation);
  };
  const locationOf = async (path: SpecPath) => {
    const root = await (locations ??= locationsOf());
    return root && index().at(nodeAt(root, path).node.start);
  };
  const isWritten = async (path: SpecPath) => {
    const root = await (locations ??= locationsOf());
    return root !== undefined && nodeAt(root, path).exact;
  };
  return { file, name: nameOf(file), text, locate, locationOf, isWritten };
}

/** The source of a spec that has no text: diagnostics keep their paths, without locations. */
const sourceWithoutText = (name: string): SpecSource => ({
  file: "the spec",
  name,
  text: "",
  locate: async (diagnostics) => diagnostics,
  locationOf: async () => undefined,
  isWritten: async () => false,
});

/** The file's name without folders and extension. */
const nameOf = (file: string): string => file.replace(/^.*[/\\]/s, "").replace(/\.[^.]*$/, "");

/** Sorts errors before warnings, and then by location. */
function byLocation(a: Diagnostic, b: Diagnostic): number {
  if (a.severity !== b.severity) return a.severity === "error" ? -1 : 1;
  const [first, second] = [a.location, b.location];
  return (first?.line ?? 0) - (second?.line ?? 0) || (first?.column ?? 0) - (second?.column ?? 0);
}

/** Runs a later stage and locates the diagnostics that it throws. */
export async function located<T>(source: SpecSource, stage: () => T | Promise<T>): Promise<T> {
  try {
    return await stage();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    throw new DiagnosticError(await source.locate(error.diagnostics), error.omitted);
  }
}

/**
 * The errors in the text itself as diagnostics. Control characters in messages of other programs are escaped.
 */
function textError(file: string, text: string, errors: readonly TextError[]): DiagnosticError {
  const index = lineIndex(text);
  const shown = errors.slice(0, mostKept).map(({ code, message, hint, span, other }): Diagnostic => {
    const notes = other && [`the first one is at line ${index.at(other.start).line}`];
    return {
      code,
      severity: "error",
      message: printable(message),
      hint,
      notes,
      ...locationAndFrame(file, index, span),
    };
  });
  return new DiagnosticError(shown, errors.length - shown.length);
}

/**
 * The span of the key or value at the diagnostic's path or, if the text does not contain the path, of the
 * nearest enclosing value.
 */
function spanOf(text: string, root: Located, { path = [], at, within }: Diagnostic): Span {
  const { node, exact } = nodeAt(root, path);
  const part = within && exact ? spanWithin(text, node, within) : undefined;
  if (part !== undefined) return part;
  if (at === "key" && exact && node.key) return node.key;
  // For an object or a list, only the first character is marked, because the whole would be too long to show.
  if (node.members.size > 0) return { start: node.start, end: node.start + 1 };
  return node;
}

function locationAndFrame(
  file: string,
  index: LineIndex,
  span: Span,
): { location: SourceLocation; frame?: string } {
  const { line, column } = index.at(span.start);
  const lineEnd = index.lines[line - 1].length + 1;
  const end = index.at(span.end);
  const endColumn = Math.max(column + 1, end.line === line ? end.column : lineEnd);
  const location = { file, line, column, endColumn };
  return { location, frame: codeFrame(index.lines, location) };
}

// Converts the parsed text to a model: reports syntax errors, validates the value, and locates every
// diagnostic. It needs no file system, so it also runs in a web page.

/** The result of reading a spec; `source` locates the diagnostics of later stages. */
export interface ReadSpec {
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  readonly source: SpecSource;
  /** The spec as it is written, with the model files that it names, and its search. */
  readonly value: unknown;
  readonly files: ModelFiles;
  readonly search?: Search | undefined;
}

export interface ReadingOptions {
  /** Reads the model files that the spec names; without it, a spec cannot name any. */
  readonly read?: ReadContent;
  /** The locations of the values in the text. It is called only if there is something to locate. */
  readonly locationsOf?: () => Promise<Located | undefined>;
}

const noFiles: ReadContent = async () => {
  throw new Error("no model files can be read here");
};

/**
 * Returns the model of a text that a reader has parsed into `tree`.
 * @throws DiagnosticError with all errors, each with its file and, where known, line, column and code frame.
 */
export async function specOfTree(
  file: string,
  text: string,
  tree: ReadTree,
  { read = noFiles, locationsOf = async () => tree.located }: ReadingOptions = {},
): Promise<ReadSpec> {
  if (tree.errors.length > 0) throw textError(file, text, tree.errors);
  const source = specSource(file, text, locationsOf);
  const files = await readModelFiles(tree.value, read);
  const { model, warnings, search } = await located(source, () => parseSpec(tree.value, files));
  return { model, warnings: await source.locate(warnings), source, value: tree.value, files, search };
}

/** The model of a spec that is an object. @throws DiagnosticError with all errors, each with its path. */
export function specOfValue(value: unknown, files: ModelFiles = new Map()): ReadSpec {
  const { model, warnings, search } = parseSpec(value, files);
  return { model, warnings, source: sourceWithoutText(model.name), value, files, search };
}
