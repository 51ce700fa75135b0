/**
 * The code view of the report: an outline, the emitted file, the spec and, for the target wasm, the WebAssembly text of
 * the selected kernel. Each pane marks what belongs to the line under the pointer in another pane.
 */
import { element } from "../shared/element.ts";
import { kernelOfPick, lineRanges } from "./context.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { findField } from "./find-field.ts";
import { listing } from "./listing.ts";
import type { Listing } from "./listing.ts";
import { link } from "./links.ts";
import { stateOf } from "./selection.ts";
import { splitter } from "./splitter.ts";
import "./code-panel.css";

/** If a line is selected, its nodes are in the details. If another item is selected, its lines are marked. */
export function codePanel(context: Context): Panel {
  const { explanation } = context.index;
  const texts = explanation.code.text.split("\n");
  const pickLine = (line: number) => context.selection.go({ pick: { kind: "line", key: String(line) } });
  const hover = (pick: Pick | undefined) => {
    const { lines, specLines } = marksOf(context, pick);
    code.hover(lines);
    spec?.hover(specLines);
    hoverLinks(context, pick);
  };
  const code = listing(texts, {
    label: "Emitted code",
    classOf: (line) => regionOfLine(context, line),
    onPick: pickLine,
    onHover: (line) => hover(line === undefined ? undefined : { kind: "line", key: String(line) }),
  });
  const spec = specListing(context, hover);
  const wasm = wasmPane(context, hover);
  const outline = outlineOf(context, texts);
  const find = findField(texts, code, (line) => code.mark([line], line));
  const name = element("h2", {}, `generated/${explanation.model.name}.ts`);
  const codePane = paneOf("code", [name, find.element], code.element);
  const specPane = spec && paneOf("spec", [element("h2", {}, explanation.spec?.file ?? "")], spec.element);
  const others = stacked([specPane, wasm?.element].flatMap((pane) => pane ?? []));
  const columns = element(
    "div",
    { class: "columns" },
    outline.element,
    splitter("Width of the outline", { before: outline.element, after: codePane, direction: "row" }),
    codePane,
    ...(others === undefined
      ? []
      : [splitter("Width of the code", { before: codePane, after: others, direction: "row" }), others]),
  );
  const root = element("section", { class: "code-panel" }, headOf(), columns);
  listenToDetails(root, hover);
  let isFirst = true;
  const show = (pick: Pick | undefined) => {
    const { lines, specLines } = marksOf(context, pick);
    code.mark(lines, pick?.kind === "line" ? Number(pick.key) : undefined);
    spec?.mark(specLines, undefined);
    wasm?.show(pick);
    if (isFirst && lines.length === 0) code.scrollTo(firstKernelLine(context));
    isFirst = false;
    outline.mark(pick?.kind === "line" ? Number(pick.key) : lineRanges(lines)[0]?.[0]);
  };
  return {
    element: root,
    show,
    onKey: ({ key }) => {
      const { pick } = context.selection.state();
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (key === "f") find.focus();
      else if (step === undefined || pick?.kind !== "line") return false;
      else pickLine(Math.max(1, Math.min(texts.length, Number(pick.key) + step)));
      return true;
    },
  };
}

const headOf = (): HTMLElement =>
  element(
    "header",
    {},
    element("h1", {}, "Code"),
    element(
      "p",
      { class: "intro" },
      "The emitted file, and the spec that it comes from. Select a line to see what it computes, the rule " +
        "that produced it, and its location in the spec. The colour of the bar on the left shows the phase: " +
        "forward, backward or update. The pointer over a line, or over a link on the right, marks what belongs to it.",
    ),
  );

const paneOf = (name: string, titles: readonly HTMLElement[], content: HTMLElement): HTMLElement =>
  element("div", { class: `pane ${name}` }, element("div", { class: "pane-head" }, ...titles), content);

/** One or two panes, one above the other. */
function stacked([upper, lower]: readonly HTMLElement[]): HTMLElement | undefined {
  if (upper === undefined) return undefined;
  const panes = lower && [
    splitter("Height of the upper pane", { before: upper, after: lower, direction: "column" }),
    lower,
  ];
  return element("div", { class: "stack" }, upper, ...(panes ?? []));
}

/** The first line of the first kernel of a training step, including its comments. */
function firstKernelLine({ index }: Context): number {
  const firsts = index.explanation.kernels.flatMap(({ program, lines }) =>
    program === "gradient" && lines !== undefined ? [lines[0]] : [],
  );
  return firsts.length === 0 ? 1 : Math.min(...firsts);
}

// The outline: the chapters of the file, and the kernels in them.

interface Outline {
  readonly element: HTMLElement;
  /** Marks the entry that contains the line. */
  mark(line: number | undefined): void;
}

function outlineOf(context: Context, texts: readonly string[]): Outline {
  const chapters = texts.flatMap((text, i) => {
    const title = /^\/\/ ── (\d+ [^:]*)/.exec(text)?.[1].replace(/ ──$/, "");
    return title === undefined
      ? []
      : [{ line: i + 1, title, pick: { kind: "line", key: String(i + 1) } as const }];
  });
  const functions = new Map(
    context.index.explanation.kernels.flatMap(({ function: title, lines, index }) =>
      lines === undefined
        ? []
        : [[title, { line: lines[0], title, pick: { kind: "kernel", key: String(index) } as const }]],
    ),
  );
  const entries = [...chapters, ...functions.values()]
    .sort((a, b) => a.line - b.line)
    .map(({ line, title, pick }) => {
      const item = link(context, { view: "code", pick }, title);
      item.className = pick.kind === "kernel" ? "kernel" : "chapter";
      item.title = `${title}, line ${line}`;
      return { line, item };
    });
  return {
    element: element(
      "nav",
      { class: "outline", "aria-label": "Outline" },
      ...entries.map(({ item }) => item),
    ),
    mark(line) {
      const current = line === undefined ? undefined : entries.findLast((entry) => entry.line <= line);
      for (const entry of entries) entry.item.toggleAttribute("data-current", entry === current);
      current?.item.scrollIntoView({ block: "nearest" });
    },
  };
}

// The other panes: the spec, and the WebAssembly text of a kernel.

type Hover = (pick: Pick | undefined) => void;

function specListing(context: Context, hover: Hover): Listing | undefined {
  const { spec } = context.index.explanation;
  if (spec === undefined) return undefined;
  const pickAt = (line: number): Pick | undefined => {
    const layer = layerAt(context, line);
    return layer === undefined ? undefined : { kind: "layer", key: layer };
  };
  return listing(spec.text.split("\n"), {
    label: "Spec",
    onPick: (line) => {
      const pick = pickAt(line);
      if (pick !== undefined) context.selection.go({ pick });
    },
    onHover: (line) => hover(line === undefined ? undefined : pickAt(line)),
  });
}

/**
 * The WebAssembly function of the selected kernel. Its lines lead to the lines of the TypeScript function that computes
 * the same values. Undefined for other targets.
 */
function wasmPane(context: Context, hover: Hover): { element: HTMLElement; show: Panel["show"] } | undefined {
  const { kernels } = context.index.explanation;
  if (kernels.every(({ wat }) => wat === undefined)) return undefined;
  const pane = element("div", { class: "pane wasm" });
  let shown: number | undefined;
  const show = (pick: Pick | undefined) => {
    const kernel = kernelOfPick(context, pick) ?? kernels.find(({ program }) => program === "gradient");
    if (kernel === undefined || kernel.index === shown) return;
    shown = kernel.index;
    const own: Pick = { kind: "kernel", key: String(kernel.index) };
    const text = listing((kernel.wat ?? "").split("\n"), {
      label: "WebAssembly",
      onPick: () => context.selection.go({ pick: own }),
      onHover: (line) => hover(line === undefined ? undefined : own),
    });
    const title = element("h2", {}, `WebAssembly of ${kernel.program} ${kernel.call}: ${kernel.name}`);
    pane.replaceChildren(element("div", { class: "pane-head" }, title), text.element);
  };
  return { element: pane, show };
}

// Links in the details and lines of code mark each other.

/** The pointer over a link in the details, or the focus on it, marks its lines while the view is visible. */
function listenToDetails(root: HTMLElement, hover: Hover): void {
  const pickAt = ({ target }: Event): Pick | undefined => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>("aside a") : null;
    return link === null ? undefined : stateOf(link.hash)?.pick;
  };
  for (const kind of ["pointerover", "focusin"] as const)
    document.addEventListener(kind, (event) => {
      if (root.isConnected && event.target instanceof Element && event.target.closest("aside"))
        hover(pickAt(event));
    });
}

/** Marks the links in the details that lead to the item under the pointer or, for a line, to its nodes. */
function hoverLinks({ index }: Context, pick: Pick | undefined): void {
  const ids = pick?.kind === "line" ? (index.lines.get(Number(pick.key))?.nodes ?? []) : [pick?.key];
  for (const link of document.querySelectorAll<HTMLAnchorElement>("aside a.node")) {
    const own = stateOf(link.hash)?.pick;
    link.toggleAttribute("data-hovered", own !== undefined && ids.includes(own.key));
  }
}

function regionOfLine({ index }: Context, line: number): string {
  const id = index.lines.get(line)?.nodes[0];
  return (id !== undefined && index.nodes.get(id)?.region) || "";
}

/** The layer that contains a line of the spec: the last layer that begins at or before this line. */
function layerAt({ index }: Context, line: number): string | undefined {
  const before = index.explanation.layers.filter(
    ({ location }) => location !== undefined && location.line <= line,
  );
  return before.at(-1)?.name;
}

interface Marks {
  readonly lines: readonly number[];
  readonly specLines: readonly number[];
}

function marksOf({ index }: Context, pick: Pick | undefined): Marks {
  const none: Marks = { lines: [], specLines: [] };
  if (pick === undefined) return none;
  const specLinesOf = (places: readonly ({ readonly line: number } | undefined)[]) =>
    places.flatMap((place) => (place === undefined ? [] : [place.line]));
  const layer = index.layers.get(pick.key);
  const line = index.lines.get(Number(pick.key));
  const buffer = index.buffers.get(pick.key);
  switch (pick.kind) {
    case "node":
      return {
        lines: index.linesOfNode(pick.key),
        specLines: specLinesOf([index.nodes.get(pick.key)?.location]),
      };
    case "kernel":
      return { ...none, lines: index.linesOfKernel(Number(pick.key)) };
    case "layer":
      return {
        lines: index.nodesOfLayer(pick.key).flatMap(({ id }) => index.linesOfNode(id)),
        specLines: specLinesOf([layer?.location]),
      };
    case "line":
      return { lines: [Number(pick.key)], specLines: specLinesOf([line?.location]) };
    case "buffer":
      return { ...none, lines: buffer?.node === undefined ? [] : index.linesOfNode(buffer.node) };
    case "rule":
      return { ...none, lines: (index.rules.get(pick.key)?.nodes ?? []).flatMap(index.linesOfNode) };
    case "parameter":
      return { ...none, lines: index.linesOfNode(index.derivations.get(pick.key)?.steps.at(-1)?.node ?? "") };
    case "pass":
      return none;
  }
}
