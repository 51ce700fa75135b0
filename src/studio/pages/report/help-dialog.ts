/** What keys do. */
import { element } from "../shared/element.ts";

const keysOf = (views: number): readonly (readonly [keys: string, what: string])[] => [
  ["/  or  Ctrl K", "search"],
  [`1 … ${views}`, "go to a view"],
  ["Tab, Enter", "go from link to link, follow one"],
  ["Esc", "pick nothing"],
  ["Alt ←, Alt →", "back, forward: every pick and view is a place in the browser's history"],
  ["← →", "in Passes: the pass before, the next one"],
  ["↑ ↓", "in Code: the line above, below; in tables: the row"],
  ["+ − 0", "in Graph: nearer, farther, all of it"],
  ["?", "this list"],
];

/** Of a page with so many views. */
export function helpDialog(views: number): HTMLDialogElement {
  const close = element("button", { type: "submit" }, "Close");
  return element(
    "dialog",
    { class: "help", "aria-label": "Keys" },
    element("h2", {}, "Keys"),
    element(
      "dl",
      {},
      ...keysOf(views).flatMap(([key, what]) => [
        element("dt", {}, element("kbd", {}, key)),
        element("dd", {}, what),
      ]),
    ),
    element("form", { method: "dialog" }, close),
  );
}
