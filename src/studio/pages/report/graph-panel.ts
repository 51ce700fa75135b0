/** The graph view of the report: pictures of a training step and of each other program. */
import { element } from "../shared/element.ts";
import { graphView, type GraphView } from "../shared/graph-view.ts";
import type { NodeId } from "../../explanation.ts";
import type { Context, Panel, Pick } from "./context.ts";
import "./graph-panel.css";

export function graphPanel(context: Context): Panel {
  const { index, selection } = context;
  const { pictures } = index.explanation;
  const host = element("div", { class: "graph-host" });
  const buttons = pictures.map(({ title }, place) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, title);
    button.addEventListener("click", () => choose(place));
    return button;
  });
  const root = element(
    "section",
    { class: "split graph-panel" },
    element(
      "header",
      {},
      element("h1", {}, "Graph"),
      element(
        "p",
        { class: "intro" },
        "Each box is a value, each line a use of it. On the left are the forward values down to the loss, " +
          "layer by layer; next to each layer are its gradients, which flow upwards; on the right is the " +
          "update of the parameters. Click a layer to open it. Click a value to see how it was derived.",
      ),
      element("div", { class: "tabs", role: "group", "aria-label": "Pictures" }, ...buttons),
    ),
    host,
  );
  let current = -1;
  let view: GraphView | undefined;
  const onPick = (id: string) => {
    const layer = /^group:[^/]*\/(.*)$/.exec(id)?.[1];
    if (index.nodes.has(id)) selection.go({ pick: { kind: "node", key: id } });
    else if (layer !== undefined && index.layers.has(layer))
      selection.go({ pick: { kind: "layer", key: layer } });
  };
  const choose = (place: number) => {
    if (place === current) return;
    current = place;
    for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(i === place));
    const { picture } = pictures[place];
    if (view === undefined) view = graphView(host, { picture, onPick });
    else view.show(picture);
  };
  const show = (pick: Pick | undefined) => {
    const ids = nodesOf(context, pick);
    const program = index.nodes.get(ids[0] ?? "")?.program;
    const place = pictures.findIndex(
      ({ name }) => name === program || (name === "step" && (program === "gradient" || program === "update")),
    );
    choose(place >= 0 ? place : Math.max(0, current));
    view?.highlight(ids);
    // A layer is selected by opening its box, so its box is already visible and needs no scrolling.
    view?.select(pick?.kind === "layer" ? undefined : ids[0]);
  };
  return { element: root, show };
}

/** Returns the nodes of a selection, the most relevant first. */
function nodesOf({ index }: Context, pick: Pick | undefined): readonly NodeId[] {
  if (pick === undefined) return [];
  switch (pick.kind) {
    case "node":
      return [pick.key];
    case "kernel":
      return index.explanation.kernels[Number(pick.key)]?.nodes ?? [];
    case "layer":
      return index.nodesOfLayer(pick.key).map(({ id }) => id);
    case "parameter":
      return (index.derivations.get(pick.key)?.steps ?? []).map(({ node }) => node).reverse();
    case "buffer":
      return [index.buffers.get(pick.key)?.node ?? []].flat();
    case "rule":
      return index.rules.get(pick.key)?.nodes ?? [];
    case "line":
      return index.lines.get(Number(pick.key))?.nodes ?? [];
    case "pass":
      return [];
  }
}
