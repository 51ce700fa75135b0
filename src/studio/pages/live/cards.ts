/** The current values of each layer and each parameter: as cards with their history, and as one table. */
import type { IdleUnits, Probe } from "../../../runtime/trainer/probe.ts";
import type { LiveEventOf } from "../../charts/live-events.ts";
import { element } from "../shared/element.ts";
import { formatNumber, percent } from "./format.ts";
import { overTime } from "./over-time.ts";
import type { Colour } from "./over-time.ts";

// The cards: each shows the current values of a layer or parameter in one line, and their history.

type Probes = readonly LiveEventOf<"probe">[];

export function layerCards(probes: Probes, colour: Colour): HTMLElement[] {
  const now = probes.at(-1)?.probe.layers ?? [];
  return now.map(({ name, shape, activations, idle }, i) => {
    const moments = probes.map(({ epoch, probe }) => ({ epoch, distribution: probe.layers[i].activations }));
    const { mean, std, zeros } = activations;
    const texts = [`mean ${formatNumber(mean)}`, `std ${formatNumber(std)}`, `zeros ${percent(zeros)}`];
    return card(
      name,
      `[${shape.join(", ")}]`,
      [...texts, ...inactiveTexts(idle), ...notFiniteTexts(activations)],
      [overTime(`activations of ${name}`, moments, colour)],
    );
  });
}

export function parameterCards(probes: Probes, colour: Colour): HTMLElement[] {
  const now = probes.at(-1)?.probe.parameters ?? [];
  return now.map(({ name, weights, gradients, updateRatio }, i) => {
    const moments = probes.map(({ epoch, probe }) => ({
      epoch,
      distribution: probe.parameters[i].gradients,
    }));
    const ratio = updateRatio === undefined ? [] : [`‖Δw‖/‖w‖ ${formatNumber(updateRatio)}`];
    const texts = [
      `‖gradient‖ ${formatNumber(gradients.norm)}`,
      `‖w‖ ${formatNumber(weights.norm)}`,
      ...ratio,
    ];
    return card(
      name,
      `${weights.count} values`,
      [...texts, ...notFiniteTexts(gradients)],
      [overTime(`gradients of ${name}`, moments, colour)],
    );
  });
}

function inactiveTexts(idle: IdleUnits | undefined): string[] {
  if (idle === undefined) return [];
  const { rule, units, of, share } = idle;
  if (rule === "zero") return [`${units} of ${of} units dead`];
  return [`${units} of ${of} units saturated (${percent(share)} of values)`];
}

const notFiniteTexts = ({ notFinite }: { readonly notFinite: number }): string[] =>
  notFinite === 0 ? [] : [`${notFinite} NaN or infinite`];

function card(title: string, aside: string, texts: readonly string[], content: readonly Node[]): HTMLElement {
  const head = element("h3", {}, element("span", {}, title), element("span", { class: "quiet" }, aside));
  return element("section", { class: "card" }, head, element("p", {}, texts.join(" · ")), ...content);
}

/** Returns the values of the cards as tables, for screen readers, for copying and for comparison. */
export function valuesTable({ layers, parameters }: Probe): HTMLElement[] {
  const ofLayers = layers.map(({ name, shape, activations: { mean, std, min, max, zeros }, idle }) => [
    name,
    `[${shape.join(", ")}]`,
    ...[mean, std, min, max].map(formatNumber),
    percent(zeros),
    inactiveTexts(idle).join(),
  ]);
  const ofParameters = parameters.map(({ name, weights, gradients, updateNorm, updateRatio }) => [
    name,
    String(weights.count),
    ...[weights.norm, gradients.norm, gradients.min, gradients.max, updateNorm, updateRatio].map(
      formatNumber,
    ),
  ]);
  return [
    table(["layer", "shape", "mean", "std", "min", "max", "zeros", "dead or saturated"], ofLayers),
    table(["parameter", "values", "‖w‖", "‖g‖", "min g", "max g", "‖Δw‖", "‖Δw‖/‖w‖"], ofParameters),
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
