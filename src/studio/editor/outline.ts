/**
 * Reads an incomplete spec, and the location of the cursor in it, from the editor's syntax tree. The editor
 * has a syntax tree for any text, even an invalid one, and the same code handles the trees of JSON and YAML.
 */
import type { SyntaxNode } from "@lezer/common";
import type { Located, Span } from "../../compiler/spec/read/locations.ts";
import type { LocationInSpec } from "./suggest.ts";

/** A location in a spec, and the range of characters that a completion replaces. */
export interface CursorLocation extends LocationInSpec {
  readonly from: number;
  readonly to: number;
  /** Whether a colon already follows the key. */
  readonly hasColon: boolean;
  /**
   * Whether this YAML value begins a line or a list item. Such a value can also become the first key of an
   * object.
   */
  readonly mayBeKey?: boolean;
}

type Path = readonly (string | number)[];

const objects = ["Object", "BlockMapping", "FlowMapping"];
const lists = ["Array", "BlockSequence", "FlowSequence"];
const pairs = ["Property", "Pair"];
const names = ["PropertyName", "Key"];
const scalars = ["String", "Number", "True", "False", "Null", "Literal", "QuotedLiteral", "BlockLiteral"];

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};

const isOneOf = (kinds: readonly string[], node: SyntaxNode | undefined): boolean =>
  node !== undefined && kinds.includes(node.name);

const isValue = (node: SyntaxNode): boolean => isOneOf([...objects, ...lists, ...scalars], node);

/** The value of a pair or of a list item; undefined if there is none yet. */
const valueIn = (node: SyntaxNode): SyntaxNode | undefined => childrenOf(node).find(isValue);

const plainText = (text: string): string => text.replace(/^["']|["']$/g, "");

/** Matches a key and its colon, followed only by an incomplete word. */
const openPair = /(?:"([^"\\\n]*)"|([\w-]+))\s*:[ \t]*[\w-]*$/;

type TextOf = (from: number, to: number) => string;

/** Reads the outline of a spec from its syntax tree. */
export function outlineOf(root: SyntaxNode, textOf: TextOf) {
  const tree = treeReader(textOf);
  const spec = tree.read(topValue(root));
  /** The locations of the values, as far as the text has any. */
  const locate = (): Located => tree.locate(topValue(root)) ?? { start: 0, end: 0, members: new Map() };

  /** Returns the key at this position, whose description the editor shows. */
  const keyAt = (position: number): { path: Path; from: number; to: number } | undefined => {
    for (let node: SyntaxNode | null = root.resolveInner(position, 1); node !== null; node = node.parent) {
      const key = isOneOf(names, node) && node.parent !== null ? tree.keyOf(node.parent) : undefined;
      if (key !== undefined) return { path: [...tree.pathTo(node), key], from: node.from, to: node.to };
    }
    return undefined;
  };

  const cursorAt = (position: number): CursorLocation => {
    const word = /[\w-]*$/.exec(textOf(Math.max(0, position - 100), position))?.[0] ?? "";
    const bare = { from: position - word.length, to: position, hasColon: false };
    for (let node: SyntaxNode | null = root.resolveInner(position, -1); node !== null; node = node.parent) {
      const location =
        locationInToken(node, position, textOf, tree.pathTo) ??
        locationInContainer(node, position, textOf, tree);
      if (location !== undefined) return { ...bare, ...location, spec };
    }
    return { ...bare, path: [], at: "key", spec };
  };
  return { spec, locate, keyAt, cursorAt };
}

export type Outline = ReturnType<typeof outlineOf>;

/** Whether an editor reads the text as JSON. Any other text is YAML. */
export const isJsonText = (text: string): boolean => /^\s*[{[]/.test(text);

/**
 * Returns the location of the cursor in the spec. YAML has no syntax node at an empty position, so the text
 * is parsed as if it had a word there.
 */
export function cursorIn(
  text: string,
  position: number,
  parse: (text: string) => SyntaxNode,
): CursorLocation {
  const outline = (of: string) => outlineOf(parse(of), (from, to) => of.slice(from, to));
  if (isJsonText(text) || /[\w-]/.test(text.charAt(position - 1))) return outline(text).cursorAt(position);
  const begun = `${text.slice(0, position)}_${text.slice(position)}`;
  return { ...outline(begun).cursorAt(position + 1), from: position, to: position };
}

/** The text that a completion inserts at the location. */
export function insertedText(
  text: string,
  { hasColon }: Pick<CursorLocation, "hasColon">,
  { label, isText, kind }: { label: string; isText: boolean; kind: CursorLocation["at"] },
): string {
  const name = isJsonText(text) && isText ? JSON.stringify(label) : label;
  return kind === "key" && !hasColon ? `${name}: ` : name;
}

const topValue = (node: SyntaxNode): SyntaxNode | undefined =>
  isValue(node)
    ? node
    : childrenOf(node)
        .map(topValue)
        .find((found) => found !== undefined);

interface TreeReader {
  readonly keyOf: (pair: SyntaxNode) => string | undefined;
  readonly itemsOf: (list: SyntaxNode) => SyntaxNode[];
  readonly read: (node: SyntaxNode | undefined) => unknown;
  readonly locate: (node: SyntaxNode | undefined, key?: Span) => Located | undefined;
  /** The path from the root to this node. */
  readonly pathTo: (node: SyntaxNode) => Path;
}

function treeReader(textOf: TextOf): TreeReader {
  const nameIn = (pair: SyntaxNode) => childrenOf(pair).find((child) => isOneOf(names, child));
  const keyOf = (pair: SyntaxNode): string | undefined => {
    const name = nameIn(pair);
    return name && plainText(textOf(name.from, name.to));
  };
  const itemsOf = (list: SyntaxNode): SyntaxNode[] =>
    childrenOf(list).flatMap((child) =>
      child.name === "Item" ? [valueIn(child) ?? child] : isValue(child) ? [child] : [],
    );
  const read = (node: SyntaxNode | undefined): unknown => {
    if (node === undefined) return undefined;
    if (isOneOf(objects, node))
      return Object.fromEntries(
        childrenOf(node).flatMap((pair) => {
          const key = isOneOf(pairs, pair) ? keyOf(pair) : undefined;
          return key === undefined || key === "" ? [] : [[key, read(valueIn(pair))]];
        }),
      );
    if (isOneOf(lists, node)) return itemsOf(node).map(read);
    const text = textOf(node.from, node.to);
    if (/^-?[\d.]+(e[-+]?\d+)?$/i.test(text)) return Number(text);
    return text === "true" ? true : text === "false" ? false : plainText(text);
  };
  const locate = (node: SyntaxNode | undefined, key?: Span): Located | undefined => {
    if (node === undefined) return key && { ...key, key, members: new Map() };
    const members = new Map<string | number, Located>();
    const put = (step: string | number, located: Located | undefined) =>
      located && members.set(step, located);
    if (isOneOf(objects, node))
      for (const pair of childrenOf(node)) {
        const name = isOneOf(pairs, pair) ? nameIn(pair) : undefined;
        if (name !== undefined)
          put(
            plainText(textOf(name.from, name.to)),
            locate(valueIn(pair), { start: name.from, end: name.to }),
          );
      }
    if (isOneOf(lists, node)) itemsOf(node).forEach((item, index) => put(index, locate(item)));
    return { start: node.from, end: node.to, key, members };
  };
  const pathTo = (node: SyntaxNode): Path => {
    const { parent } = node;
    if (parent === null) return [];
    const above = pathTo(parent);
    if (isOneOf(pairs, parent)) {
      const key = keyOf(parent);
      return key === undefined || isOneOf(names, node) ? above : [...above, key];
    }
    if (isOneOf(lists, parent)) {
      const at = childrenOf(parent)
        .filter((child) => child.name === "Item" || isValue(child))
        .findIndex(({ from }) => from === node.from);
      return at < 0 ? above : [...above, at];
    }
    return above;
  };
  return { keyOf, itemsOf, read, locate, pathTo };
}

type FoundLocation = Pick<CursorLocation, "path" | "at"> & Partial<CursorLocation>;

/** The location of a cursor in a key or a scalar. A completion replaces the whole token. */
function locationInToken(
  node: SyntaxNode,
  position: number,
  textOf: TextOf,
  pathTo: TreeReader["pathTo"],
): FoundLocation | undefined {
  if (isOneOf(names, node)) {
    // Inside unclosed braces, the YAML parser continues a key past the end of the line.
    const isCut = textOf(node.from, node.to).includes("\n");
    const to = isCut ? position : node.to;
    const hasColon = !isCut && (node.nextSibling?.name === ":" || /^\s*:/.test(textOf(to, to + 20)));
    return { path: pathTo(node), at: "key", from: node.from, to, hasColon };
  }
  // In YAML, a key contains a literal. The branch above handles keys, so a literal in a key is skipped here.
  if (isOneOf(scalars, node) && !isOneOf(names, node.parent ?? undefined)) {
    const isKey = isOneOf(objects, node.parent ?? undefined);
    const before = textOf(Math.max(0, node.from - 100), node.from);
    const mayBeKey = node.name === "Literal" && /(?:^|\n)[ \t]*(?:-[ \t]+)*$/.test(before);
    return { path: pathTo(node), at: isKey ? "key" : "value", from: node.from, to: node.to, mayBeKey };
  }
  return undefined;
}

/** The location of a cursor in a pair, an object or a list, where a new word may begin. */
function locationInContainer(
  node: SyntaxNode,
  position: number,
  textOf: TextOf,
  { keyOf, itemsOf, pathTo }: TreeReader,
): FoundLocation | undefined {
  if (isOneOf(pairs, node)) {
    const key = keyOf(node);
    return key === undefined ? undefined : { path: [...pathTo(node), key], at: "value" };
  }
  if (isOneOf(objects, node)) {
    // After a colon, the tree has no node for the value yet, so the key is read from the text.
    const [, quoted, plain = quoted] = openPair.exec(textOf(node.from, position)) ?? [];
    const path = pathTo(node);
    return plain === undefined ? { path, at: "key" } : { path: [...path, plain], at: "value" };
  }
  if (isOneOf(lists, node)) return { path: [...pathTo(node), itemsOf(node).length], at: "value" };
  return undefined;
}
