/**
 * Links to items that can be selected. Each link leads to a state of the page, so that the Back button
 * returns.
 */
import { element } from "../shared/element.ts";
import type { NodeId, SpecLocation } from "../../explanation.ts";
import { lineRanges } from "./context.ts";
import type { Context, State } from "./context.ts";

/**
 * Creates a link to a state. Parts of the state that `to` omits keep their value at the time of this call.
 */
export const link = (
  { selection }: Context,
  to: Partial<State>,
  ...children: readonly (Node | string)[]
): HTMLAnchorElement => element("a", { href: selection.href(to) }, ...children);

/** Links to a node by its name, in the colour of its region. An unknown node becomes plain text. */
export function nodeLink(context: Context, id: NodeId, view?: State["view"]): HTMLElement {
  const node = context.index.nodes.get(id);
  if (node === undefined) return element("code", {}, id);
  const made = link(context, { pick: { kind: "node", key: id }, ...(view && { view }) }, node.name);
  made.className = `node ${node.region}`;
  made.title = `${node.formula.text}   ${node.type}`;
  return made;
}

export function kernelLink(context: Context, index: number, view?: State["view"]): HTMLElement {
  const kernel = context.index.explanation.kernels[index];
  if (kernel === undefined) return element("span", {}, "another");
  const pick = { kind: "kernel", key: String(index) } as const;
  return link(
    context,
    { pick, ...(view && { view }) },
    element("code", {}, `${kernel.program} ${kernel.call}: ${kernel.name}`),
  );
}

export const ruleLink = (context: Context, rule: string): HTMLElement =>
  link(context, { pick: { kind: "rule", key: rule } }, element("code", {}, rule));

export const layerLink = (context: Context, name: string): HTMLElement =>
  link(context, { pick: { kind: "layer", key: name } }, element("code", {}, name));

export const parameterLink = (context: Context, name: string, view?: State["view"]): HTMLElement =>
  link(context, { pick: { kind: "parameter", key: name }, ...(view && { view }) }, element("code", {}, name));

export const bufferLink = (context: Context, key: string, name: string): HTMLElement =>
  link(context, { view: "memory", pick: { kind: "buffer", key } }, element("code", {}, name));

/** Links to lines of the emitted file. Neighbouring lines form a range, and the longest range comes first. */
export function lineLinks(context: Context, lines: readonly number[]): HTMLElement {
  const ranges = lineRanges(lines);
  const links = ranges.slice(0, maxRanges).map(([first, last]) => {
    const text = first === last ? String(first) : `${first}–${last}`;
    return link(context, { view: "code", pick: { kind: "line", key: String(first) } }, text);
  });
  return element("span", {}, ...listed(links), ranges.length > maxRanges ? " …" : "");
}

const maxRanges = 12;

/** Separates items with commas. */
export const listed = (items: readonly (Node | string)[]): (Node | string)[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [", ", item]));

/** Quotes the spec: the line at this location, and the lines below it with more indentation. */
export function specQuote({ index }: Context, { line, column }: SpecLocation): HTMLElement {
  const { spec } = index.explanation;
  return element(
    "figure",
    { class: "quote" },
    element("figcaption", {}, `${spec?.file ?? "spec"}:${line}:${column}`),
    element("pre", {}, blockAt(spec?.text.split("\n") ?? [], line - 1, column)),
  );
}

/**
 * Returns the block that begins at a line. The block ends where the indentation ends, but includes a closing
 * bracket, as in JSON.
 */
function blockAt(lines: readonly string[], first: number, column: number): string {
  const text = lines[first] ?? "";
  if (text.length > maxLineLength) return `${text.slice(Math.max(0, column - 20), column + 100)} …`.trim();
  const indent = indentOf(text);
  let end = first + 1;
  while (end < lines.length && indentOf(lines[end]) > indent) end++;
  if (/^\s*[}\])]/.test(lines[end] ?? "") && indentOf(lines[end]) === indent && end > first + 1) end++;
  const block = lines.slice(first, Math.min(end, first + maxQuotedLines)).map((each) => each.slice(indent));
  return [...block, ...(end > first + maxQuotedLines ? ["…"] : [])].join("\n").trim().replace(/,$/, "");
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

const maxLineLength = 200;
const maxQuotedLines = 12;
