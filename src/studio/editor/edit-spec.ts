/**
 * Changes single values in the text of a spec, in JSON and YAML. Everything else in the text stays as it is: order,
 * comments and layout. An edit is checked by reading its result: if the result is not the intended spec, for example
 * because the text uses anchors, there is no edit.
 */
import type { SyntaxNode } from "@lezer/common";
import type { Located } from "../../compiler/spec/read/locations.ts";
import { isJsonText, outlineOf } from "./outline.ts";

type Path = readonly (string | number)[];

/** What to change: the value at a path, or the items of a list. */
export type SpecEdit =
  /** Sets the value. Missing objects around it are added. */
  | { readonly kind: "set"; readonly path: Path; readonly value: unknown }
  /** Removes a key or an item. Without such a value, nothing changes. */
  | { readonly kind: "remove"; readonly path: Path }
  /** Inserts an item before the item at `index`, or at the end of the list. */
  | { readonly kind: "insert"; readonly path: Path; readonly index: number; readonly value: unknown };

/** A replacement of the characters from `from` to `to`. */
export interface TextChange {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** Parses a text that is JSON (`isJsonText`) or YAML. */
export type ParseText = (text: string) => SyntaxNode;

/**
 * Returns the changes that make these edits, one after the other: each refers to the text after the previous one.
 * Returns undefined if the text cannot be edited.
 */
export function editSpec(
  text: string,
  edits: readonly SpecEdit[],
  parse: ParseText,
): readonly TextChange[] | undefined {
  const changes: TextChange[] = [];
  let now = text;
  for (const edit of edits) {
    const outline = readText(now, parse);
    if (isMade(outline.spec, edit)) continue;
    const wanted = edited(outline.spec, edit);
    const change = changeOf(now, outline.located, outline.spec, edit);
    if (change === undefined) return undefined;
    now = `${now.slice(0, change.from)}${change.insert}${now.slice(change.to)}`;
    if (!sameValue(readText(now, parse).spec, wanted)) return undefined;
    changes.push(change);
  }
  return changes;
}

/** The spec in a text, as far as it can be read. */
export const specIn = (text: string, parse: ParseText): unknown => readText(text, parse).spec;

/** The value at a path; undefined if there is none. */
export function valueAt(spec: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
    return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, spec);
}

interface ReadText {
  readonly spec: unknown;
  readonly located: Located;
}

function readText(text: string, parse: ParseText): ReadText {
  const outline = outlineOf(parse(text), (from, to) => text.slice(from, to));
  return { spec: outline.spec, located: outline.locate() };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether two values are equal as JSON. The order of keys counts, because an edit keeps it. */
const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function isMade(spec: unknown, edit: SpecEdit): boolean {
  if (edit.kind === "insert") return false;
  const value = valueAt(spec, edit.path);
  return edit.kind === "set" ? sameValue(value, edit.value) : value === undefined;
}

// The intended result of an edit.

function edited(spec: unknown, edit: SpecEdit): unknown {
  const { kind, path } = edit;
  if (kind === "insert") {
    const list = valueAt(spec, path);
    if (!Array.isArray(list)) return spec;
    return withValue(spec, path, list.toSpliced(edit.index, 0, edit.value));
  }
  if (kind === "set") return withValue(spec, path, edit.value);
  const [above, last] = [valueAt(spec, path.slice(0, -1)), path.at(-1)];
  if (Array.isArray(above) && typeof last === "number" && last < above.length)
    return withValue(spec, path.slice(0, -1), above.toSpliced(last, 1));
  if (!isObject(above) || last === undefined || !Object.hasOwn(above, last)) return spec;
  const kept = Object.entries(above).filter(([key]) => key !== last);
  return withValue(spec, path.slice(0, -1), Object.fromEntries(kept));
}

function withValue(spec: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const [step, ...rest] = path;
  if (Array.isArray(spec)) return spec.map((item, i) => (i === step ? withValue(item, rest, value) : item));
  const object = isObject(spec) ? spec : {};
  return { ...object, [step]: withValue(object[step], rest, value) };
}

// The change of the text.

function changeOf(text: string, root: Located, spec: unknown, edit: SpecEdit): TextChange | undefined {
  const { kind, path } = edit;
  if (kind === "set") return setting(text, root, spec, path, edit.value);
  if (kind === "insert") {
    const list = locatedAt(root, path);
    return list && inserting(text, list, edit.index, edit.value);
  }
  const last = path.at(-1);
  const above = locatedAt(root, path.slice(0, -1));
  return last === undefined || above === undefined ? undefined : removing(text, above, last);
}

const locatedAt = (root: Located, path: Path): Located | undefined =>
  path.reduce<Located | undefined>((node, step) => node?.members.get(step), root);

function setting(
  text: string,
  root: Located,
  spec: unknown,
  path: Path,
  value: unknown,
): TextChange | undefined {
  const node = locatedAt(root, path);
  if (node !== undefined) return { from: node.start, to: node.end, insert: textOf(text, value) };
  const key = path.at(-1);
  const abovePath = path.slice(0, -1);
  if (typeof key !== "string") return undefined;
  const above = valueAt(spec, abovePath);
  // The innermost object that exists receives all missing ones as its value.
  if (above === undefined && abovePath.length > 0)
    return setting(text, root, spec, abovePath, { [key]: value });
  const object = locatedAt(root, abovePath);
  if (!isObject(above) || object === undefined) return undefined;
  const pair = isJsonText(text) ? `${JSON.stringify(key)}: ` : `${key}: `;
  return appending(text, object, `${pair}${textOf(text, value)}`);
}

/** Appends a pair to an object. */
function appending(text: string, object: Located, pair: string): TextChange | undefined {
  const members = [...object.members.values()];
  const last = members.at(-1);
  if (isFlow(text, object)) return appendingToFlow(text, object, members.map(startOf), pair);
  if (last?.key === undefined) return undefined;
  const at = lineEnd(text, last.end);
  return { from: at, to: at, insert: `\n${" ".repeat(columnOf(text, startOf(members[0])))}${pair}` };
}

function inserting(text: string, list: Located, index: number, value: unknown): TextChange | undefined {
  const items = [...list.members.values()];
  const item = textOf(text, value);
  const next = items.at(index);
  if (isFlow(text, list)) {
    if (next === undefined || index >= items.length)
      return appendingToFlow(text, list, items.map(startOf), item);
    const from = startOf(next);
    return { from, to: from, insert: `${item},${gapBefore(text, list, items.map(startOf))}` };
  }
  if (items.length === 0) return undefined;
  const line = `${" ".repeat(columnOf(text, list.start))}- ${item}`;
  if (next !== undefined && index < items.length) {
    const from = lineStart(text, startOf(next));
    return { from, to: from, insert: `${line}\n` };
  }
  const at = lineEnd(text, items[items.length - 1].end);
  return { from: at, to: at, insert: `\n${line}` };
}

/** Appends a member to an object in braces or a list in brackets. `starts` are the starts of its members. */
function appendingToFlow(
  text: string,
  container: Located,
  starts: readonly number[],
  member: string,
): TextChange {
  const last = [...container.members.values()].at(-1);
  if (last === undefined) {
    const [open, close] = [text.charAt(container.start), text.charAt(container.end - 1)];
    const insert = open === "{" ? `${open} ${member} ${close}` : `${open}${member}${close}`;
    return { from: container.start, to: container.end, insert };
  }
  return { from: last.end, to: last.end, insert: `,${gapBefore(text, container, starts)}${member}` };
}

/** The white space before a new member: a line break if the members are on lines of their own. */
function gapBefore(text: string, container: Located, starts: readonly number[]): string {
  const [first = container.start] = starts;
  return text.slice(container.start, first).includes("\n") ? `\n${" ".repeat(columnOf(text, first))}` : " ";
}

function removing(text: string, above: Located, step: string | number): TextChange | undefined {
  const steps = [...above.members.keys()];
  const at = steps.indexOf(step);
  const members = [...above.members.values()];
  if (at < 0) return undefined;
  const [own, before, after] = [members[at], members.at(at - 1), members.at(at + 1)];
  if (isFlow(text, above)) {
    if (at > 0 && before !== undefined) return { from: before.end, to: own.end, insert: "" };
    if (after !== undefined) return { from: startOf(own), to: startOf(after), insert: "" };
    const empty = text.charAt(above.start) === "{" ? "{}" : "[]";
    return { from: above.start, to: above.end, insert: empty };
  }
  const start = lineStart(text, startOf(own));
  const leading = typeof step === "number" ? /^[ \t]*-[ \t]+$/ : /^[ \t]*$/;
  const isAlone = leading.test(text.slice(start, startOf(own)));
  // The first pair of a list item shares its line with the dash, which must stay.
  if (!isAlone || members.length === 1) return undefined;
  if (after !== undefined) return { from: start, to: lineStart(text, startOf(after)), insert: "" };
  return { from: start - 1, to: lineEnd(text, own.end), insert: "" };
}

const startOf = ({ start, key }: Located): number => key?.start ?? start;

/** Whether a container has braces or brackets, as all containers in JSON. */
const isFlow = (text: string, { start }: Located): boolean => "{[".includes(text.charAt(start) || " ");

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

const columnOf = (text: string, at: number): number => at - lineStart(text, at);

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** A value in the language of the text, on one line. */
const textOf = (text: string, value: unknown): string => valueText(value, isJsonText(text));

function valueText(value: unknown, isJson: boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, isJson)).join(", ")}]`;
  if (isObject(value)) {
    const pairs = Object.entries(value).map(
      ([key, of]) => `${isJson ? JSON.stringify(key) : key}: ${valueText(of, isJson)}`,
    );
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return !isJson && typeof value === "string" && isPlain.test(value) ? value : JSON.stringify(value);
}

/** Strings that YAML reads as strings without quotes, wherever they are. */
const isPlain = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][\w./-]*$/i;
