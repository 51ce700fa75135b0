/**
 * The body of the live page, below the head: curves over epochs, a card for each layer and each parameter,
 * and their values in tables.
 */
import type { LiveHistory } from "../../charts/live-events.ts";
import { element } from "../shared/element.ts";
import { valuesTable, layerCards, parameterCards } from "./cards.ts";
import { makeCurves } from "./curves.ts";
import { colourOf } from "./over-time.ts";

export interface Body {
  readonly roots: readonly HTMLElement[];
  show(history: LiveHistory): void;
}

const titled = (title: string, note: string) => element("h2", {}, `${title} `, element("small", {}, note));

export function makeBody(): Body {
  const grid = () => element("div", { class: "grid" });
  const curves = makeCurves();
  const [layers, parameters, values] = [grid(), grid(), element("div")];
  const inside = element(
    "div",
    { hidden: true },
    titled("Activations", "of each layer in training mode, always for the same training rows"),
    layers,
    titled("Gradients", "of the loss, for the same rows"),
    parameters,
    titled("Values", "of the latest sample"),
    values,
  );
  const main = element(
    "main",
    {},
    titled("Curves", "over epochs; point at a curve, or use the arrow keys"),
    curves.root,
    inside,
  );
  // An element with the colour of the columns. Drawing on a canvas reads the colour from it.
  const sample = element("span", { class: "sample", "aria-hidden": "true" });
  return {
    roots: [main, sample],
    show(history) {
      curves.show(history);
      const probes = history.of("probe");
      const last = probes.at(-1);
      inside.hidden = last === undefined;
      if (last === undefined) return;
      const colour = colourOf(sample);
      layers.replaceChildren(...layerCards(probes, colour));
      parameters.replaceChildren(...parameterCards(probes, colour));
      values.replaceChildren(...valuesTable(last.probe));
    },
  };
}
