/** The dataflow graph of a training step as a picture; what is picked in it is told below. */
import type { Explanation } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import { graphView, type GraphView } from "../shared/graph-view.ts";
import type { ExplanationPanel, GoTo } from "./explanation-panels.ts";
import { valueCard } from "./parts.ts";

const advice = "Click a layer to open it, a value to see what it is and why it is there.";

export function picturePanel(goTo: GoTo): ExplanationPanel {
  const host = element("div", { class: "graph-host" });
  const picked = element("div", { class: "picked" }, advice);
  let shown: Explanation | undefined;
  let view: GraphView | undefined;
  const onPick = (id: string) => {
    const node = shown?.nodes.find((each) => each.id === id);
    picked.replaceChildren(node === undefined ? advice : valueCard(node, goTo));
  };
  return {
    element: element("div", { class: "picture-panel" }, host, picked),
    show(explanation) {
      if (explanation === shown) return;
      shown = explanation;
      const [{ picture }] = explanation.pictures;
      picked.replaceChildren(advice);
      if (view === undefined) view = graphView(host, { picture, onPick });
      else view.show(picture);
    },
  };
}
