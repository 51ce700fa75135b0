/**
 * The panels that show what the compiler tells of a model. Those that are seen are filled: a large model is
 * much to work out and to draw.
 */
import type { Explanation } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import type { Panel } from "./tabs.ts";

export interface ExplanationPanel {
  readonly element: HTMLElement;
  show(explanation: Explanation): void;
}

/** Leads to a place in the spec; lines and columns from 1. */
export type GoTo = (line: number, column: number) => void;

/** What is to be shown: of a spec that is compiled its explanation can be asked for, of a wrong one there is none. */
export type Shown = Explanation | "compiled" | "working" | "wrong";

export interface ExplanationPanels {
  readonly panels: readonly Panel[];
  show(shown: Shown): void;
}

export function explanationPanels(
  panels: Readonly<Record<string, ExplanationPanel>>,
  { isSeen, explain }: { isSeen: (panel: string) => boolean; explain: () => void },
): ExplanationPanels {
  let shown: Shown = "working";
  const slots = Object.entries(panels).map(([name, panel]) => ({
    name,
    panel,
    /** Stands in the panel until it is filled. */
    told: element("p", { class: "quiet waiting", role: "status" }),
  }));
  const fill = ({ name, panel, told }: (typeof slots)[number]) => {
    told.textContent = shown === "wrong" ? "The spec has errors." : "working …";
    panel.element.querySelector(".panel-name")?.after(told);
    // What is worked at is told before the work, which stops the page, begins.
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (typeof shown === "string" || !isSeen(name)) return;
        panel.show(shown);
        told.remove();
      }),
    );
  };
  const fillSeen = () => {
    const seen = slots.filter(({ name }) => isSeen(name));
    if (seen.length > 0 && shown === "compiled") {
      shown = "working";
      explain();
    }
    seen.forEach(fill);
  };
  return {
    panels: slots.map(({ name, panel }) => ({ name, element: panel.element, onShow: () => fillSeen() })),
    show(next) {
      shown = next;
      fillSeen();
    },
  };
}
