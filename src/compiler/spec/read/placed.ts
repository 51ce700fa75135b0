// Where each value of a spec stands in its text: a tree beside the tree of values, with the same keys. The
// three readers (JSON, YAML, TypeScript) each make one, so that everything after them speaks of paths and
// never of formats.
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { SpecPath, TextPart } from "../../diagnostics/diagnostic.ts";

/** Offsets in the text, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The span of a value, of the key it stands under (if any), and of what is inside it. */
export interface Placed extends Span {
  readonly key?: Span;
  readonly members: ReadonlyMap<string | number, Placed>;
}

/** A value that was read, with its places and what was wrong on the way. A tree without `placed` could not be read. */
export interface ReadTree {
  readonly value: unknown;
  readonly placed?: Placed;
  readonly faults: readonly Fault[];
}

/** Something wrong with the text itself. `other` is a second place that the message speaks of ("given before"). */
export interface Fault {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
  readonly hint?: string;
  readonly other?: Span;
}

/** The node at the path; if the path leaves the tree (a missing key), the deepest node on the way. */
export function nodeAt(root: Placed, path: SpecPath): { node: Placed; exact: boolean } {
  let node = root;
  for (const step of path) {
    const next = node.members.get(step);
    if (!next) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}

// Where a part of a text stands in the file that holds the text as a JSON string, a YAML scalar of any style
// or a literal of TypeScript.

/**
 * The span in the file of a part of a text whose literal is `source.slice(literal.start, literal.end)`;
 * undefined if the two cannot be brought together. Quotes, a block scalar's mark, folded lines and
 * indentation are passed over; so are escapes of white space.
 */
export function spanWithin(source: string, literal: Span, { text, start, end }: TextPart): Span | undefined {
  const raw = source.slice(literal.start, literal.end);
  const whole = raw.indexOf(text);
  if (whole >= 0) return { start: literal.start + whole + start, end: literal.start + whole + end };
  const places = align(raw, text);
  if (places === undefined) return undefined;
  const at = (offset: number) => literal.start + places[Math.min(offset, text.length)];
  return { start: at(start), end: Math.max(at(start) + 1, end === 0 ? 0 : at(end - 1) + 1) };
}

/** For each character of the text, and for its end, its place in the literal. */
function align(raw: string, text: string): number[] | undefined {
  const places: number[] = [];
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
    places.push(at);
    if (!isSpace) at += escape?.length ?? 1;
  }
  return [...places, at];
}
