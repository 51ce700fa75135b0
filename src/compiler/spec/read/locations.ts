// The location of each value of a spec in its text, as a tree with the same keys as the values. The readers
// of JSON, YAML and TypeScript each build one, so that later stages depend on paths and not on formats.
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { SpecPath, TextPart } from "../../diagnostics/diagnostic.ts";

/** Offsets in the text, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The span of a value, the span of its key if it has one, and the locations of its members. */
export interface Located extends Span {
  readonly key?: Span;
  readonly members: ReadonlyMap<string | number, Located>;
}

/** A value with its locations and errors. A tree without `located` could not be read. */
export interface ReadTree {
  readonly value: unknown;
  readonly located?: Located;
  readonly errors: readonly TextError[];
}

/**
 * An error in the text itself. `other` is a second location that the message refers to, such as the first of
 * two equal keys.
 */
export interface TextError {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
  readonly hint?: string;
  readonly other?: Span;
}

/**
 * The node at the path. If the path leads out of the tree, as for a missing key, the deepest node on the
 * path.
 */
export function nodeAt(root: Located, path: SpecPath): { node: Located; exact: boolean } {
  let node = root;
  for (const step of path) {
    const next = node.members.get(step);
    if (!next) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}

// Locates a part of a string in the file, where the string may be a JSON string, a YAML scalar of any style,
// or a TypeScript literal.

/**
 * The span in the file of a part of a string whose literal is `source.slice(literal.start, literal.end)`. The
 * search skips quotes, the mark of a block scalar, folded lines, indentation and escapes of white space.
 * Undefined if the string and the literal do not match.
 */
export function spanWithin(source: string, literal: Span, { text, start, end }: TextPart): Span | undefined {
  const raw = source.slice(literal.start, literal.end);
  const whole = raw.indexOf(text);
  if (whole >= 0) return { start: literal.start + whole + start, end: literal.start + whole + end };
  const offsets = align(raw, text);
  if (offsets === undefined) return undefined;
  const at = (offset: number) => literal.start + offsets[Math.min(offset, text.length)];
  return { start: at(start), end: Math.max(at(start) + 1, end === 0 ? 0 : at(end - 1) + 1) };
}

/** The offset of each character of the string in the literal, and of the string's end. */
function align(raw: string, text: string): number[] | undefined {
  const offsets: number[] = [];
  let at = /^([|>][-+\d]*|["'`])?/.exec(raw)?.[0].length ?? 0;
  const space = /\s|\\[nrt]|\\\r?\n/y;
  const passSpace = () => {
    space.lastIndex = at;
    while (space.test(raw)) at = space.lastIndex;
  };
  for (const character of text) {
    const isSpace = /\s/.test(character);
    if (!isSpace) passSpace();
    const escape = /^\\u[0-9a-fA-F]{4}/.exec(raw.slice(at, at + 6))?.[0];
    const found = escape === undefined ? raw[at] : String.fromCharCode(parseInt(escape.slice(2), 16));
    if (!isSpace && found !== character) return undefined;
    offsets.push(at);
    if (!isSpace) at += escape?.length ?? 1;
  }
  return [...offsets, at];
}
