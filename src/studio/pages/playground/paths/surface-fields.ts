/**
 * The fields above the map: the name of the surface, its editable formula, and the coordinates of the start.
 */
import { element } from "../../shared/element.ts";
import { surfaces } from "./state.ts";
import type { PathsState, Point, Surface } from "./state.ts";

export interface SurfaceFields {
  readonly element: HTMLElement;
  /** Sets the fields. A field that already has the value is not touched, so its cursor does not move. */
  set(state: PathsState): void;
  /** Marks the formula as invalid. */
  setWrong(isWrong: boolean): void;
}

export interface SurfaceEvents {
  onSurface(surface: Surface): void;
  onFormula(formula: string): void;
  onStart(start: Point): void;
}

const own = "custom";

export function surfaceFields({ onSurface, onFormula, onStart }: SurfaceEvents): SurfaceFields {
  const choice = element(
    "select",
    {},
    ...[...Object.keys(surfaces), own].map((name) => element("option", {}, name)),
  );
  const formula = element("input", {
    type: "text",
    class: "formula",
    spellcheck: "false",
    "aria-label": "Loss: a formula in x and y",
  });
  const start = ["x", "y"].map((name) =>
    element("input", {
      type: "number",
      step: "any",
      class: "rate",
      "aria-label": `${name} of the start point`,
    }),
  );
  choice.addEventListener("change", () => {
    if (Object.hasOwn(surfaces, choice.value)) return onSurface(surfaces[choice.value]);
    formula.focus();
    formula.select();
  });
  formula.addEventListener("input", () => onFormula(formula.value));
  for (const field of start)
    field.addEventListener("input", () => {
      const [x, y] = start.map(({ valueAsNumber }) => valueAsNumber);
      if (Number.isFinite(x) && Number.isFinite(y)) onStart([x, y]);
    });
  return {
    element: element(
      "div",
      { class: "bar" },
      element("label", { class: "chooser" }, "Loss ", choice),
      element("label", { class: "chooser" }, "start ", start[0], " ", start[1]),
      element("label", { class: "chooser wide" }, "f(x, y) = ", formula),
    ),
    set(state) {
      const named = Object.entries(surfaces).find(([, surface]) => surface.formula === state.formula);
      choice.value = named?.[0] ?? own;
      if (formula.value !== state.formula) formula.value = state.formula;
      start.forEach((field, i) => {
        if (field.valueAsNumber !== state.start[i]) field.value = String(state.start[i]);
      });
    },
    setWrong: (isWrong) => formula.setAttribute("aria-invalid", String(isWrong)),
  };
}
