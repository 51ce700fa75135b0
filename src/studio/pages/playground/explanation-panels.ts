/**
 * The panels that explain a model: the emitted code, the graph, and the derivation of gradients. A panel is
 * filled only when it becomes visible, because explanations are slow.
 */
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

/** Shorter work shows no message, which would only flicker. In milliseconds. */
const patience = 400;

/** A panel is grey as long as it shows the result of an older text. */
export function explanationPanels(
  panels: Readonly<Record<string, ExplanationPanel>>,
  { isVisible, request, onFilled }: PanelEvents,
): ExplanationPanels {
  let state: State = "working";
  let parts: Partial<Parts> = {};
  const requested = new Set<keyof Parts>();
  const timers: Partial<Record<"graphs" | "messages", ReturnType<typeof setTimeout>>> = {};
  const slots = Object.entries(panels).map(([name, panel]) => ({
    name,
    panel,
    /** The message in the panel until the panel has its content. */
    message: element("p", { class: "quiet waiting", role: "status" }),
  }));
  const visible = () => slots.filter(({ name }) => isVisible(name));
  const isFilled = ({ panel }: (typeof slots)[number]) => !panel.element.classList.contains("stale");
  const showMessages = () => {
    for (const slot of visible().filter((each) => !isFilled(each))) {
      slot.message.textContent = messages[state];
      slot.panel.element.querySelector(".panel-name")?.after(slot.message);
    }
  };
  const fill = () => {
    for (const { name, panel, message } of visible()) {
      if (state !== "compiled" || parts[panel.needs] === undefined) continue;
      panel.show(parts);
      panel.element.classList.remove("stale");
      message.remove();
      onFilled(name);
    }
  };
  const requestOnce = (part: keyof Parts) => {
    if (requested.has(part)) return;
    requested.add(part);
    request(part);
  };
  const requestVisible = () => {
    clearTimeout(timers.graphs);
    const needed = new Set(visible().map(({ panel }) => panel.needs));
    // The code is requested before the text is compiled, so that nothing comes between the two.
    if ((state === "working" || state === "compiled") && needed.has("code")) requestOnce("code");
    if (state === "compiled" && needed.has("graphs"))
      timers.graphs = setTimeout(() => requestOnce("graphs"), graphPause);
  };
  const onShow = () => {
    requestVisible();
    showMessages();
    // The message must appear before the work begins, because the work blocks the page.
    requestAnimationFrame(() => setTimeout(fill));
  };
  return {
    panels: slots.map(({ name, panel }) => ({ name, element: panel.element, onShow })),
    show(next) {
      state = next;
      if (next === "working") requested.clear();
      requestVisible();
      if (next === "compiled") return;
      parts = {};
      slots.forEach(({ panel }) => panel.element.classList.add("stale"));
      clearTimeout(timers.messages);
      if (next === "working") timers.messages = setTimeout(showMessages, patience);
      else showMessages();
    },
    receive(part) {
      parts = { ...parts, ...part };
      fill();
    },
  };
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
