/** The same figures as a table: to be read out, copied and compared. */
import type { Probe } from "../../../runtime/trainer/probe.ts";
import { element } from "../shared/element.ts";
import { idleWords } from "./cards.ts";
import { figure, percent } from "./figure.ts";

export function figuresTable({ layers, parameters }: Probe): HTMLElement[] {
  const ofLayers = layers.map(({ name, shape, activations: { mean, std, min, max, zeros }, idle }) => [
    name,
    `[${shape.join(", ")}]`,
    ...[mean, std, min, max].map(figure),
    percent(zeros),
    idleWords(idle).join(),
  ]);
  const ofParameters = parameters.map(({ name, weights, gradients, updateNorm, updateRatio }) => [
    name,
    String(weights.count),
    ...[weights.norm, gradients.norm, gradients.min, gradients.max, updateNorm, updateRatio].map(figure),
  ]);
  return [
    table(["layer", "shape", "mean", "std", "min", "max", "zeros", "idle units"], ofLayers),
    table(["parameter", "numbers", "‖w‖", "‖g‖", "min g", "max g", "‖Δw‖", "‖Δw‖/‖w‖"], ofParameters),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((row) => element("tr", {}, ...row.map((text) => element("td", {}, text))));
  return element(
    "div",
    { class: "table" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)),
  );
}
