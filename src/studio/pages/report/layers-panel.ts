/** The layers view of the report: a table with the output, the parameters and the cost of each layer. */
import { element } from "../shared/element.ts";
import { countText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedLayer, ProgramName } from "../../explanation.ts";
import type { Context, Panel } from "./context.ts";
import { layerLink, listed, parameterLink } from "./links.ts";
import { tableOf } from "./table.ts";

export function layersPanel(context: Context): Panel {
  const { layers, model } = context.index.explanation;
  const root = element("section", { class: "scroll" });
  const { body, show } = tableOf({
    root,
    titles: ["Layer", "Type", "Reads", "Output", "Parameters", "#Numbers", "#Forward", "#Backward"],
    count: layers.length,
    pickOf: (i) => ({ kind: "layer", key: layers[i].name }),
    cellsOf: (i) => cellsOf(context, layers[i]),
    foot: footOf(context),
  });
  root.append(
    element("h1", {}, "Layers"),
    element(
      "p",
      { class: "intro" },
      "The output of each layer of the spec, the number of its parameters, and its cost in one pass over a " +
        `full batch of n = ${model.batchSize} rows: forward to the loss, and backward to the gradients of its ` +
        "parameters and inputs. FLOP are floating-point operations; a multiply-add counts as two.",
    ),
    body,
  );
  return { element: root, show };
}

function cellsOf(context: Context, layer: ExplainedLayer): readonly (Node | string)[] {
  const { name, type, from, output, parameters, trainable, forwardFlops, backwardFlops } = layer;
  const each = parameters.map((parameter) =>
    element(
      "div",
      {},
      parameterLink(context, parameter.name, "gradients"),
      " ",
      element("code", {}, `[${parameter.shape.join(", ")}]`),
      isLearnt(context, parameter.name) ? "" : element("span", { class: "quiet" }, " not trained"),
    ),
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

/**
 * Whether a parameter has a gradient. Parameters of frozen layers, and statistics that training updates
 * directly, have none.
 */
const isLearnt = ({ index }: Context, parameter: string): boolean => index.derivations.has(parameter);

/** The summary rows: sums over the layers, then the work that does not belong to a layer. */
function footOf(context: Context): (readonly string[])[] {
  const { layers, kernels } = context.index.explanation;
  const total = (of: (layer: ExplainedLayer) => number) => layers.reduce((sum, layer) => sum + of(layer), 0);
  const numbersOf = (isCounted: (parameter: string) => boolean) =>
    total(({ parameters }) =>
      parameters.reduce((sum, { name, count }) => sum + (isCounted(name) ? count : 0), 0),
    );
  const work = (program: ProgramName) =>
    kernels.filter((kernel) => kernel.program === program).reduce((sum, { flops }) => sum + flops, 0);
  const [numbers, learnt] = [numbersOf(() => true), numbersOf((name) => isLearnt(context, name))];
  const [forward, backward] = [total((layer) => layer.forwardFlops), total((layer) => layer.backwardFlops)];
  const rest = work("gradient") - forward - backward;
  const row = (title: string, count: string, one: string, other: string) => [
    title,
    "",
    "",
    "",
    "",
    count,
    one,
    other,
  ];
  return [
    row("All layers", countText(numbers), workText(forward), workText(backward)),
    ...(learnt < numbers ? [row("… of which trained", countText(learnt), "", "")] : []),
    ...(rest > 0 ? [row("The loss, forward and backward", "", "", workText(rest))] : []),
    ...(work("update") > 0
      ? [row("The parameter update, once per step", "", "", workText(work("update")))]
      : []),
  ];
}
