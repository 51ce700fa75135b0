/** The toolbar of a graph: links to the lanes, the zoom, and buttons that unfold or fold all groups. */
import type { Picture, RegionName } from "../../../explanation.ts";
import { element } from "../element.ts";
import type { Seen } from "./stage.ts";

interface BarActions {
  readonly goToLane: (region: RegionName) => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly fit: () => void;
  readonly openAll: () => void;
  readonly closeAll: () => void;
}

export interface GraphBar {
  readonly element: HTMLElement;
  /** Shows the scale, and which of the zoom buttons have an effect. */
  show(seen: Seen): void;
  /** Replaces the links to lanes by those of a picture. */
  lanes(picture: Picture): void;
  /** Sets whether all groups are folded. */
  folded(areAll: boolean): void;
}

export function graphBar(actions: BarActions): GraphBar {
  const lanes = element("div", { class: "graph-lanes", role: "group", "aria-label": "Go to" });
  const larger = button("+", "Zoom in (+)", actions.zoomIn);
  const smaller = button("−", "Zoom out (−)", actions.zoomOut);
  const scale = element("output", { class: "graph-scale", "aria-label": "Zoom" });
  const foldAll = button("Fold all", "Fold all groups (c)", actions.closeAll);
  return {
    element: element(
      "div",
      { class: "graph-bar", role: "toolbar", "aria-label": "View of the graph" },
      lanes,
      button("Unfold all", "Unfold all groups (o)", actions.openAll),
      foldAll,
      element(
        "div",
        { class: "graph-zoom" },
        smaller,
        scale,
        larger,
        button("Fit", "Fit all (0)", actions.fit),
      ),
    ),
    show({ scale: now, limits: [least, most] }) {
      const text = `${Math.max(1, Math.round(now * 100))} %`;
      // While the view moves, the scale stays. Writing the same text would lay out the page in each frame.
      if (scale.textContent !== text) scale.textContent = text;
      smaller.disabled = now <= least;
      larger.disabled = now >= most;
    },
    lanes(picture) {
      const links = picture.lanes.map(({ region, label }) => {
        const [name] = label.split(":");
        const made = button(name, `Go to ${label}`, () => actions.goToLane(region));
        made.classList.add(region);
        return made;
      });
      // A picture with one lane needs no links to lanes.
      lanes.replaceChildren(...(links.length > 1 ? links : []));
    },
    folded(areAll) {
      foldAll.disabled = areAll;
    },
  };
}

function button(label: string, title: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title, "aria-label": title }, label);
  made.addEventListener("click", act);
  return made;
}
