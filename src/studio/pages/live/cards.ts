/** A card for each layer and each parameter: its figures of now in a line, and how they came about. */
import type { LiveEventOf } from "../../charts/live-events.ts";
import type { IdleUnits } from "../../../runtime/trainer/probe.ts";
import { element } from "../shared/element.ts";
import { figure, percent } from "./figure.ts";
import { overTime, type Colour } from "./over-time.ts";

type Probes = readonly LiveEventOf<"probe">[];

export function layerCards(probes: Probes, colour: Colour): HTMLElement[] {
  const now = probes.at(-1)?.probe.layers ?? [];
  return now.map(({ name, shape, activations, idle }, i) => {
    const moments = probes.map(({ epoch, probe }) => ({ epoch, distribution: probe.layers[i].activations }));
    const { mean, std, zeros } = activations;
    const words = [`mean ${figure(mean)}`, `std ${figure(std)}`, `zeros ${percent(zeros)}`];
    return card(
      name,
      `[${shape.join(", ")}]`,
      [...words, ...idleWords(idle), ...brokenWords(activations)],
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
    const ratio = updateRatio === undefined ? [] : [`‖Δw‖/‖w‖ ${figure(updateRatio)}`];
    const words = [`‖gradient‖ ${figure(gradients.norm)}`, `‖w‖ ${figure(weights.norm)}`, ...ratio];
    return card(
      name,
      `${weights.count} numbers`,
      [...words, ...brokenWords(gradients)],
      [overTime(`gradients of ${name}`, moments, colour)],
    );
  });
}

export function idleWords(idle: IdleUnits | undefined): string[] {
  if (idle === undefined) return [];
  const { rule, units, of, share } = idle;
  if (rule === "zero") return [`${units} of ${of} units dead`];
  return [`${units} of ${of} units saturated (${percent(share)} of values)`];
}

const brokenWords = ({ notFinite }: { readonly notFinite: number }): string[] =>
  notFinite === 0 ? [] : [`${notFinite} not finite`];

function card(title: string, aside: string, words: readonly string[], content: readonly Node[]): HTMLElement {
  const head = element("h3", {}, element("span", {}, title), element("span", { class: "quiet" }, aside));
  return element("section", { class: "card" }, head, element("p", {}, words.join(" · ")), ...content);
}
