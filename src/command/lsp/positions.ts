/** Converts between offsets in a text and the positions of the protocol, which count lines and columns from 0. */
import type { Position, Range } from "vscode-languageserver";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { nodeAt } from "../../compiler/spec/read/locations.ts";
import type { Located, Span } from "../../compiler/spec/read/locations.ts";
import type { LineIndex } from "../../compiler/util/line-index.ts";
import type { SpecText } from "./analyse.ts";

/** A character after the end of its line is the end of the line, as the protocol says. */
export function offsetAt({ lines, offset }: LineIndex, { line, character }: Position): number {
  const row = Math.min(line, lines.length - 1);
  return offset(row + 1, Math.min(character, lines[row].length) + 1);
}

export function positionAt({ at }: LineIndex, offset: number): Position {
  const { line, column } = at(offset);
  return { line: line - 1, character: column - 1 };
}

export const rangeOf = (index: LineIndex, { start, end }: Span): Range => ({
  start: positionAt(index, start),
  end: positionAt(index, end),
});

/** The value at the path, if the text contains it. */
export function valueAt({ located }: SpecText, path: SpecPath): Located | undefined {
  const { node, exact } = nodeAt(located, path);
  return exact ? node : undefined;
}

/** The span of a string without its quotes. */
export function insideQuotes(text: string, { start, end }: Span): Span {
  const quote = text.charAt(start);
  const isQuoted = (quote === '"' || quote === "'") && end - start >= 2 && text.charAt(end - 1) === quote;
  return isQuoted ? { start: start + 1, end: end - 1 } : { start, end };
}

export const contains = ({ start, end }: Span, offset: number): boolean => start <= offset && offset <= end;
