/**
 * The legend of the paths view: for each optimizer its colour, whether it is drawn, its learning rate, and
 * its current loss.
 */
import { element } from "../../shared/element.ts";
import { cssColour } from "../parts.ts";
import type { Path } from "./messages.ts";
import { optimizers } from "./state.ts";
import type { Optimizer, PathsState } from "./state.ts";

/** The colour of an optimizer in the map, the curves and the legend. */
export const colourOf = (name: string): string =>
  cssColour(optimizers.findIndex((optimizer) => optimizer.name === name));

export interface LegendTable {
  readonly element: HTMLElement;
  /** Sets the fields, except any that the user is editing. */
  set(state: PathsState): void;
  /** Updates the loss and slope of each path at the current step. */
  showValues(paths: Readonly<Record<string, Path>>, shown: number): void;
  /** Marks the optimizer whose spec is shown. */
  pick(name: string): void;
}

export interface LegendEvents {
  onToggle(name: string, isOn: boolean): void;
  onRate(name: string, rate: number): void;
  onSpec(name: string): void;
}

export function legendTable(events: LegendEvents): LegendTable {
  const rows = optimizers.map((optimizer) => legendRow(optimizer, events));
  const heads = ["optimizer", "learning rate", "loss", "slope", "spec"].map((text) =>
    element("th", { scope: "col" }, text),
  );
  return {
    element: element(
      "table",
      { class: "legend" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows.map(({ row }) => row)),
    ),
    set: (state) => rows.forEach((row) => row.set(state)),
    showValues: (paths, shown) => rows.forEach((row) => row.showValues(paths, shown)),
    pick: (picked) =>
      rows.forEach(({ name, spec }) => spec.setAttribute("aria-pressed", String(name === picked))),
  };
}

function legendRow({ name, label }: Optimizer, { onToggle, onRate, onSpec }: LegendEvents) {
  const mark = element("i", { class: "mark" });
  mark.style.backgroundColor = colourOf(name);
  const check = element("input", { type: "checkbox" });
  const rate = element("input", {
    type: "text",
    inputmode: "decimal",
    class: "rate",
    "aria-label": `Learning rate of ${label}`,
    title: "Arrow up: 10 % more; arrow down: 10 % less",
  });
  const [loss, slope] = [element("td", { class: "figure" }), element("td", { class: "figure" })];
  const spec = element("button", { type: "button", "aria-label": `The spec of ${label}` }, "Show");
  const take = (value: number) => {
    const isRate = Number.isFinite(value) && value > 0;
    rate.setAttribute("aria-invalid", String(!isRate));
    if (isRate) onRate(name, value);
  };
  check.addEventListener("change", () => onToggle(name, check.checked));
  rate.addEventListener("input", () => take(Number(rate.value)));
  rate.addEventListener("keydown", (event) => {
    const factor = { ArrowUp: 1.1, ArrowDown: 1 / 1.1 }[event.key];
    if (factor === undefined) return;
    event.preventDefault();
    rate.value = String(Number((Number(rate.value) * factor).toPrecision(3)));
    take(Number(rate.value));
  });
  spec.addEventListener("click", () => onSpec(name));
  return {
    name,
    spec,
    row: element(
      "tr",
      { "data-of": name },
      element("td", {}, element("label", {}, check, " ", mark, label)),
      element("td", {}, rate),
      loss,
      slope,
      element("td", {}, spec),
    ),
    set({ on, rates }: PathsState) {
      check.checked = on.includes(name);
      if (Number(rate.value) !== rates[name]) rate.value = String(rates[name]);
      rate.setAttribute("aria-invalid", "false");
    },
    showValues(paths: Readonly<Record<string, Path>>, shown: number) {
      const path = Object.hasOwn(paths, name) ? paths[name] : undefined;
      const last = path ? path.x.length - 1 : -1;
      const step = Math.min(shown, last);
      const isLost = path !== undefined && step < shown;
      loss.textContent =
        path === undefined ? "" : isLost ? `diverged after step ${last}` : format(path.loss[step]);
      slope.textContent = path === undefined || isLost ? "" : format(path.slope[step]);
    },
  };
}

const format = (value: number): string =>
  Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
