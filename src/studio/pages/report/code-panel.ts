/**
 * The code view of the report: the emitted file with syntax colours. Its lines link to kernels, nodes and the
 * spec.
 */
import { element } from "../shared/element.ts";
import { lineRanges } from "./context.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { lazyList } from "./table.ts";
import type { LazyList } from "./table.ts";

// Syntax colours for a line of code: comments, strings, numbers, keywords.

const words =
  "const let function return for if else new export interface type readonly while of in throw import " +
  "extends true false null undefined void number string async await yield class this typeof case switch " +
  "default break continue";
const isWord: ReadonlySet<string> = new Set(words.split(" "));
const comments = /\/\/.*$|\/\*.*?(?:\*\/|$)|(?<=^|\s)#.*$/.source;
const texts = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`?/.source;
const tokens = new RegExp(`(${comments})|(${texts})|(?<![\\w$])(\\d[\\w.]*)|([A-Za-z_$][\\w$]*)`, "g");
/** The kinds of token, in the order of the groups in `tokens`. */
const kinds = ["comment", "text", "number", "word"] as const;
const maxColouredLength = 2000;

function colouredCode(line: string): readonly (Node | string)[] {
  if (line.length > maxColouredLength) return [line];
  if (/^\s*\*/.test(line)) return [element("span", { class: "comment" }, line)];
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const match of line.matchAll(tokens)) {
    const [text, ...groups] = match;
    const name = kinds[groups.findIndex(Boolean)];
    if (name === "word" && !isWord.has(text)) continue;
    parts.push(line.slice(end, match.index), element("span", { class: name }, text));
    end = match.index + text.length;
  }
  return [...parts, line.slice(end)];
}

/**
 * The emitted file and the spec side by side. If a line is selected, its nodes are shown on the right and its
 * location in the spec is marked. If another item is selected, its lines are marked in both texts.
 */
export function codePanel(context: Context): Panel {
  const { explanation } = context.index;
  const texts = explanation.code.text.split("\n");
  const specTexts = explanation.spec?.text.split("\n") ?? [];
  const pickLine = (line: number) => context.selection.go({ pick: { kind: "line", key: String(line) } });
  const code = listing(texts, {
    label: "Emitted code",
    classOf: (line) => regionOfLine(context, line),
    onPick: pickLine,
  });
  const spec = listing(specTexts, {
    label: "Spec",
    classOf: () => "",
    onPick: (line) => {
      const layer = layerAt(context, line);
      if (layer !== undefined) context.selection.go({ pick: { kind: "layer", key: layer } });
    },
  });
  const root = element(
    "section",
    { class: "code-panel" },
    element(
      "header",
      {},
      element("h1", {}, "Code"),
      element(
        "p",
        { class: "intro" },
        "The emitted file, and the spec that it comes from. Select a line to see what it computes, the rule " +
          "that produced it, and its location in the spec. The colour of the bar on the left shows the phase: " +
          "forward, backward or update.",
      ),
    ),
    element(
      "div",
      { class: "columns" },
      element(
        "div",
        { class: "pane" },
        element("h2", {}, `generated/${explanation.model.name}.ts`),
        code.element,
      ),
      specTexts.length > 0
        ? element(
            "div",
            { class: "pane spec" },
            element("h2", {}, explanation.spec?.file ?? ""),
            spec.element,
          )
        : "",
    ),
  );
  const show = (pick: Pick | undefined) => {
    const { lines, specLines } = marksOf(context, pick);
    code.mark(lines, pick?.kind === "line" ? Number(pick.key) : undefined);
    spec.mark(specLines, undefined);
  };
  return {
    element: root,
    show,
    onKey: ({ key }) => {
      const { pick } = context.selection.state();
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (step === undefined || pick?.kind !== "line") return false;
      pickLine(Math.max(1, Math.min(texts.length, Number(pick.key) + step)));
      return true;
    },
  };
}

interface Listing {
  readonly element: HTMLElement;
  /**
   * Marks lines. Scrolls to the selected line `picked` or, if no line is selected, to the longest run of
   * `lines`.
   */
  mark(lines: readonly number[], picked: number | undefined): void;
}

/** A text with line numbers. The lines can be selected. */
export function listing(
  texts: readonly string[],
  {
    label,
    first = 1,
    classOf,
    onPick,
  }: { label: string; first?: number; classOf: (line: number) => string; onPick: (line: number) => void },
): Listing {
  const root = element("div", { class: "listing", tabindex: 0, role: "group", "aria-label": label });
  let marked: ReadonlySet<number> = new Set();
  let pickedLine: number | undefined;
  const classes = (line: number) =>
    ["line", classOf(line), marked.has(line) && "marked", line === pickedLine && "picked"]
      .filter(Boolean)
      .join(" ");
  const list: LazyList = lazyList({
    count: texts.length,
    root,
    height: 18,
    draw: (i) => {
      const line = i + first;
      const row = element(
        "div",
        { class: classes(line), "data-line": line },
        ...colouredCode(texts[i]),
        "\n",
      );
      row.addEventListener("click", () => {
        if (getSelection()?.isCollapsed !== false) onPick(line);
      });
      return row;
    },
  });
  root.append(...list.parts);
  const mark = (lines: readonly number[], picked: number | undefined) => {
    marked = new Set(lines);
    pickedLine = picked;
    for (const [i, row] of list.drawn()) row.className = classes(i + first);
    const start = picked ?? lineRanges(lines)[0]?.[0];
    if (start === undefined) return;
    const row = list.item(start - first);
    if (row !== undefined && !isInSight(row, root)) row.scrollIntoView({ block: "center" });
  };
  return { element: root, mark };
}

function isInSight(row: HTMLElement, root: HTMLElement): boolean {
  const [inner, outer] = [row.getBoundingClientRect(), root.getBoundingClientRect()];
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
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
