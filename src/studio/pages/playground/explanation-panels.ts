/**
 * The panels that explain a model: the emitted code, the graph, and the derivation of gradients. A panel is
 * filled only when it becomes visible, because explanations are slow.
 */
import { typescriptLanguage } from "@codemirror/lang-javascript";
import { classHighlighter, highlightTree } from "@lezer/highlight";
import type { EmittedCode, ExplainedGraphs } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";
import { graphView } from "../shared/graph-view.ts";
import type { GraphView } from "../shared/graph-view.ts";
import { valueCard } from "./parts.ts";
import type { Panel } from "./tabs.ts";

/** The results that panels show. They arrive one after the other. */
interface Parts {
  readonly code: EmittedCode;
  readonly graphs: ExplainedGraphs;
}

export interface ExplanationPanel {
  readonly element: HTMLElement;
  readonly needs: keyof Parts;
  /** Shows the part that the panel needs. Does nothing if it is already shown, or has not arrived yet. */
  show(parts: Partial<Parts>): void;
}

/** Moves to a location in the spec; lines and columns count from 1. */
export type GoTo = (line: number, column: number) => void;

/**
 * Why the panels do not show the current text. "working": it is being compiled. "wrong": it has errors. "stopped": the
 * compilation was cancelled or failed. "compiled": the parts can be requested.
 */
type State = "compiled" | "working" | "wrong" | "stopped";

const messages: Readonly<Record<State, string>> = {
  compiled: "working …",
  working: "working …",
  wrong: "The spec has errors. This is an older result.",
  stopped: "The spec was not compiled. This is an older result.",
};

interface ExplanationPanels {
  readonly panels: readonly Panel[];
  show(state: State): void;
  /** Shows a part of the result for the current text. */
  receive(part: Partial<Parts>): void;
}

interface PanelEvents {
  isVisible(panel: string): boolean;
  request(part: keyof Parts): void;
  /** The panel with this name shows the current text. */
  onFilled(panel: string): void;
}

/** Graphs are requested after this pause in milliseconds. The next change of the text need not wait for them. */
const graphPause = 250;

/** A panel is grey as long as it shows the result of an older text. */
export function explanationPanels(
  panels: Readonly<Record<string, ExplanationPanel>>,
  { isVisible, request, onFilled }: PanelEvents,
): ExplanationPanels {
  let state: State = "working";
  let parts: Partial<Parts> = {};
  const requested = new Set<keyof Parts>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slots = Object.entries(panels).map(([name, panel]) => ({
    name,
    panel,
    /** The message in the panel until the panel has its content. */
    message: element("p", { class: "quiet waiting", role: "status" }),
  }));
  const fill = ({ name, panel, message }: (typeof slots)[number]) => {
    panel.element.classList.add("stale");
    message.textContent = messages[state];
    panel.element.querySelector(".panel-name")?.after(message);
    // The message must appear before the work begins, because the work blocks the page.
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (state !== "compiled" || parts[panel.needs] === undefined || !isVisible(name)) return;
        panel.show(parts);
        panel.element.classList.remove("stale");
        message.remove();
        onFilled(name);
      }),
    );
  };
  const requestOnce = (part: keyof Parts) => {
    if (requested.has(part)) return;
    requested.add(part);
    request(part);
  };
  const fillVisible = () => {
    clearTimeout(timer);
    const visible = slots.filter(({ name }) => isVisible(name));
    const needed = new Set(visible.map(({ panel }) => panel.needs));
    if (state === "compiled") {
      if (needed.has("code")) requestOnce("code");
      if (needed.has("graphs")) timer = setTimeout(() => requestOnce("graphs"), graphPause);
    }
    visible.forEach(fill);
  };
  return {
    panels: slots.map(({ name, panel }) => ({ name, element: panel.element, onShow: () => fillVisible() })),
    show(next) {
      state = next;
      parts = {};
      requested.clear();
      slots.forEach(({ panel }) => panel.element.classList.add("stale"));
      fillVisible();
    },
    receive(part) {
      parts = { ...parts, ...part };
      slots.filter(({ name, panel }) => isVisible(name) && panel.needs in part).forEach(fill);
    },
  };
}

/** The emitted file with syntax colours. A line that comes from the spec links to that location in the spec. */
export function codePanel(goTo: GoTo): ExplanationPanel {
  const facts = element("p", { class: "quiet" });
  const save = element("a", { class: "save" }, "Save the file");
  const lines = element("ol", {
    class: "code-lines",
    tabindex: 0,
    "aria-label": "The emitted TypeScript file",
  });
  let address: string | undefined;
  let shown: EmittedCode | undefined;
  return {
    element: element("div", { class: "code" }, element("div", { class: "controls" }, facts, save), lines),
    needs: "code",
    show({ code }) {
      if (code === undefined || code === shown) return;
      shown = code;
      const places = new Map(
        code.lines.flatMap(({ line, location }) => (location ? [[line, location]] : [])),
      );
      const count = code.text.split("\n").length - 1;
      facts.textContent =
        `${count.toLocaleString("en")} lines, ${Math.round(code.text.length / 1024)} KiB: one file, without ` +
        "imports";
      if (address !== undefined) URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([code.text], { type: "text/plain" }));
      save.href = address;
      save.download = `${code.model}.ts`;
      lines.replaceChildren(
        ...coloured(code.text).map((parts, index) => {
          const location = places.get(index + 1);
          const row = element("li", { class: location ? "has-place" : undefined }, ...parts);
          if (location) {
            row.title = `from line ${location.line} of the spec`;
            row.addEventListener("click", () => goTo(location.line, location.column));
          }
          return row;
        }),
      );
    },
  };
}

/** Splits each line into tokens, which are elements with a class, and the text between them. */
function coloured(text: string): (Node | string)[][] {
  const rows: (Node | string)[][] = [[]];
  const put = (piece: string, kind: string) =>
    piece.split("\n").forEach((part, i) => {
      if (i > 0) rows.push([]);
      if (part !== "")
        rows[rows.length - 1].push(kind === "" ? part : element("span", { class: kind }, part));
    });
  let at = 0;
  highlightTree(typescriptLanguage.parser.parse(text), classHighlighter, (from, to, kind) => {
    put(text.slice(at, from), "");
    put(text.slice(from, to), kind);
    at = to;
  });
  put(text.slice(at), "");
  return rows;
}

// The dataflow graph of a training step as a picture, with the details of the selected node below it.

const advice = "Click a layer to open it. Click a value to see its formula and how it was derived.";

export function picturePanel(goTo: GoTo): ExplanationPanel {
  const host = element("div", { class: "graph-host" });
  const picked = element("div", { class: "picked" }, advice);
  let shown: ExplainedGraphs | undefined;
  let view: GraphView | undefined;
  const onPick = (id: string) => {
    const node = shown?.nodes.find((each) => each.id === id);
    picked.replaceChildren(node === undefined ? advice : valueCard(node, goTo));
  };
  return {
    element: element("div", { class: "picture-panel" }, host, picked),
    needs: "graphs",
    show({ graphs }) {
      if (graphs === undefined || graphs === shown) return;
      shown = graphs;
      const [{ picture }] = graphs.pictures;
      picked.replaceChildren(advice);
      if (view === undefined) view = graphView(host, { picture, onPick });
      else view.show(picture);
    },
  };
}
