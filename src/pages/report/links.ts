/** Links to what can be picked. Each leads to a state of the page, so that Back comes back from it. */
import { element } from "../shared/element.ts";
import type { NodeId, SpecPlace } from "../../inspect/explanation.ts";
import type { Context, State } from "./context.ts";

/** What is left out of the state stays as it is when the link is drawn. */
export const link = (
  { selection }: Context,
  to: Partial<State>,
  ...children: readonly (Node | string)[]
): HTMLAnchorElement => element("a", { href: selection.href(to) }, ...children);

/** By its name, in the colour of its region; an unknown one is text. */
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
  return link(context, { pick, ...(view && { view }) }, element("code", {}, `${kernel.program} ${kernel.call}: ${kernel.name}`)); // prettier-ignore
}

export const ruleLink = (context: Context, rule: string): HTMLElement =>
  link(context, { pick: { kind: "rule", key: rule } }, element("code", {}, rule));

export const layerLink = (context: Context, name: string): HTMLElement =>
  link(context, { pick: { kind: "layer", key: name } }, element("code", {}, name));

export const parameterLink = (context: Context, name: string, view?: State["view"]): HTMLElement =>
  link(context, { pick: { kind: "parameter", key: name }, ...(view && { view }) }, element("code", {}, name));

export const bufferLink = (context: Context, key: string, name: string): HTMLElement =>
  link(context, { view: "memory", pick: { kind: "buffer", key } }, element("code", {}, name));

/** Lines of the emitted file, neighbours as one range. */
export function lineLinks(context: Context, lines: readonly number[]): HTMLElement {
  const ranges = rangesOf(lines);
  const links = ranges.slice(0, mostRanges).map(([first, last]) => {
    const text = first === last ? String(first) : `${first}–${last}`;
    return link(context, { view: "code", pick: { kind: "line", key: String(first) } }, text);
  });
  return element("span", {}, ...listed(links), ranges.length > mostRanges ? " …" : "");
}

const mostRanges = 12;

export function rangesOf(lines: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}

/** With commas between them. */
export const listed = (items: readonly (Node | string)[]): (Node | string)[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [", ", item]));

/** The line of the spec, as it is written there. */
export function specQuote({ index }: Context, { line, column }: SpecPlace): HTMLElement {
  const { spec } = index.explanation;
  const text = spec?.text.split("\n")[line - 1] ?? "";
  const cut = text.length > longestQuote ? `${text.slice(Math.max(0, column - 20), column + 100)} …` : text;
  return element(
    "figure",
    { class: "quote" },
    element("figcaption", {}, `${spec?.file ?? "spec"}:${line}:${column}`),
    element("pre", {}, cut.trim()),
  );
}

const longestQuote = 200;
