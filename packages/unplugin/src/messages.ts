/** Errors and warnings of a spec, in the forms that bundlers show with file, line, column and code frame. */
import { relative } from "node:path";
import { DiagnosticError } from "tapeless";
import type { Diagnostic } from "tapeless";
import type { PartialMessage } from "esbuild";

/** An error or warning in the form of Rollup and Vite. Lines are counted from 1, columns from 0. */
export interface Log {
  readonly message: string;
  readonly id: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame?: string;
}

/**
 * The diagnostics of a failed compilation. Other errors, such as those for features that the compiler lacks, are about
 * the whole file.
 */
export function diagnosticsOf(error: unknown, file: string): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics;
  const message = error instanceof Error ? error.message : String(error);
  return [{ code: "internal", severity: "error", message, location: { file } }];
}

/** `error T1203: …`, and the hint and notes on lines of their own. Other errors have no code. */
function textOf({ severity, code, message, hint, notes = [] }: Diagnostic): string {
  const head = code === "internal" ? message : `${severity} ${code}: ${message}`;
  const lines = [...(hint === undefined ? [] : [`hint: ${hint}`]), ...notes.map((note) => `note: ${note}`)];
  return [head, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** `model.tapeless.yaml:3:5 error T1203: …`, with the code frame. The path is relative to the working folder. */
function locatedText(diagnostic: Diagnostic, file: string): string {
  const { line, column } = diagnostic.location ?? {};
  const where = [relative(process.cwd(), file), line, column].filter((part) => part !== undefined).join(":");
  const frame = diagnostic.frame === undefined ? "" : `\n${diagnostic.frame}`;
  const [head, ...others] = textOf(diagnostic).split("\n");
  return [`${where} ${head}${frame}`, ...others].join("\n");
}

/** For webpack and Rspack, which show the text of an error: all diagnostics, each with its location and frame. */
export const loaderText = (diagnostics: readonly Diagnostic[], file: string): string =>
  diagnostics.map((each) => locatedText(each, file)).join("\n\n");

/** For Rollup and Vite, which stop at one error: the first, with the others in its text. */
export function rollupLog([first, ...others]: readonly Diagnostic[], file: string): Log {
  const { line, column = 1 } = first.location ?? {};
  return {
    message: [textOf(first), ...others.map((each) => locatedText(each, file))].join("\n\n"),
    id: file,
    ...(line !== undefined && { loc: { file, line, column: column - 1 } }),
    ...(first.frame !== undefined && { frame: first.frame }),
  };
}

/** For esbuild, which draws its own frame from the text of the line. `text` is the text of the spec. */
export function esbuildMessage(diagnostic: Diagnostic, file: string, text: string): PartialMessage {
  const { line, column = 1, endColumn = column + 1 } = diagnostic.location ?? {};
  const [head, ...notes] = textOf(diagnostic).split("\n  ");
  const lineText = line === undefined ? "" : (text.split(/\r?\n/)[line - 1] ?? "");
  const bytes = (part: string) => Buffer.byteLength(part);
  const location = {
    file: relative(process.cwd(), file),
    line,
    // esbuild counts bytes.
    column: bytes(lineText.slice(0, column - 1)),
    length: bytes(lineText.slice(column - 1, endColumn - 1)),
    lineText,
  };
  return {
    text: head,
    location: line === undefined ? null : location,
    notes: notes.map((note) => ({ text: note })),
  };
}
