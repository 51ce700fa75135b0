/** The table of layers: what each gives, learns and costs. */
import { element } from "../shared/element.ts";
import { countText, workText } from "../../util/size-text.ts";
import type { ExplainedLayer } from "../../inspect/explanation.ts";
import type { Context, Panel } from "./context.ts";
import { layerLink, listed, parameterLink } from "./links.ts";
import { tableOf } from "./table.ts";

export function layersPanel(context: Context): Panel {
  const { layers, model, kernels } = context.index.explanation;
  const root = element("section", { class: "scroll" });
  const { body, show } = tableOf({
    root,
    titles: ["Layer", "Type", "Reads", "Output", "Parameters", "#Numbers", "#Forward", "#Backward"],
    count: layers.length,
    pickOf: (i) => ({ kind: "layer", key: layers[i].name }),
    cellsOf: (i) => cellsOf(context, layers[i]),
    foot: footOf(layers, kernels.filter(({ program }) => program === "gradient").reduce((sum, { flops }) => sum + flops, 0)), // prettier-ignore
  });
  root.append(
    element("h1", {}, "Layers"),
    element("p", { class: "intro" }, `What each layer of the spec gives, how many numbers it learns, and what it costs in one pass over a full batch of ${model.batchSize} rows: forward to the loss, and backward to the gradients of its parameters and of what it reads. FLOP are floating-point operations; a multiplication with an addition counts two.`), // prettier-ignore
    body,
  );
  return { element: root, show };
}

function cellsOf(context: Context, layer: ExplainedLayer): readonly (Node | string)[] {
  const { name, type, from, output, parameters, trainable, forwardFlops, backwardFlops } = layer;
  const each = parameters.map(
    (parameter) =>
    element("div", {}, parameterLink(context, parameter.name, "gradients"), ` [${parameter.shape.join(", ")}]`), // prettier-ignore
  );
  return [
    layerLink(context, name),
    `${type}${trainable || parameters.length === 0 ? "" : " (frozen)"}`,
    element("span", {}, ...listed(from)),
    element("code", {}, output),
    element("div", {}, ...each),
    countText(parameters.reduce((sum, { count }) => sum + count, 0)),
    workText(forwardFlops),
    workText(backwardFlops),
  ];
}

function footOf(layers: readonly ExplainedLayer[], gradientFlops: number): (readonly string[])[] {
  const total = (of: (layer: ExplainedLayer) => number) => layers.reduce((sum, layer) => sum + of(layer), 0);
  const numbers = total(({ parameters }) => parameters.reduce((sum, { count }) => sum + count, 0));
  const [forward, backward] = [total((layer) => layer.forwardFlops), total((layer) => layer.backwardFlops)];
  const rest = gradientFlops - forward - backward;
  return [
    ["All layers", "", "", "", "", countText(numbers), workText(forward), workText(backward)],
    ...(rest > 0 ? [["The loss, and its gradient", "", "", "", "", "", workText(rest), ""]] : []),
  ];
}
