/**
 * Fields of the form that writes the spec: a choice, a number, and switches. Each shows a value of the spec and makes
 * edits of its text. A field that cannot show the value, or that cannot change the text, is disabled and says why.
 */
import { element } from "../shared/element.ts";
import type { SpecEdit } from "../../editor/edit-spec.ts";

/** The text of the spec, as the fields change it. */
export interface SpecText {
  edit(edits: readonly SpecEdit[]): boolean;
  canEdit(edits: readonly SpecEdit[]): boolean;
}

/** A value of the spec, or why a field cannot show it. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

export interface Field {
  readonly element: HTMLElement;
  /** Shows the value in another spec. */
  refresh(spec: unknown): void;
}

/** How a field reads its value from a spec, and which edits set it. */
export interface Binding<T> {
  readonly label: string;
  read(spec: unknown): Reading<T>;
  write(value: T, spec: unknown): readonly SpecEdit[];
}

const notEditable = "The text cannot be changed here. Edit it by hand.";

/** Why a field is disabled; undefined if it is not. */
function problemOf<T>(reading: Reading<T>, edits: readonly SpecEdit[], text: SpecText): string | undefined {
  if ("problem" in reading) return reading.problem;
  return text.canEdit(edits) ? undefined : notEditable;
}

/** The label above a control, and below it the reason why it is disabled. */
function labelled(label: string, control: HTMLElement) {
  const note = element("span", { class: "field-note", hidden: true });
  const host = element(
    "label",
    { class: "field" },
    element("span", { class: "field-label" }, label),
    control,
    note,
  );
  const explain = (problem: string | undefined) => {
    note.textContent = problem ?? "";
    note.hidden = problem === undefined;
  };
  return { element: host, explain };
}

/** A choice among values. A value of the spec that is not among them is added. */
export function choiceField<T extends string | number>(
  text: SpecText,
  { label, read, write }: Binding<T>,
  choices: readonly T[],
  nameOf: (value: T) => string = String,
): Field {
  const select = element("select");
  const field = labelled(label, select);
  let spec: unknown;
  let shown: readonly T[] = [];
  select.addEventListener("change", () => {
    const value = shown.find((each) => String(each) === select.value);
    if (value !== undefined) text.edit(write(value, spec));
  });
  return {
    element: field.element,
    refresh(next) {
      spec = next;
      const reading = read(next);
      const value = "value" in reading ? reading.value : undefined;
      shown = value === undefined || choices.includes(value) ? choices : [...choices, value];
      select.replaceChildren(...shown.map((each) => element("option", { value: each }, nameOf(each))));
      if (value === undefined) select.prepend(element("option", { value: "" }, "–"));
      select.value = value === undefined ? "" : String(value);
      // Writing another value than the present one shows whether the text can be changed.
      const other = choices.find((each) => each !== value) ?? choices[0];
      const problem = problemOf(reading, write(other, next), text);
      select.disabled = problem !== undefined;
      field.explain(problem);
    },
  };
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
}

/** A slider with its value. */
export function sliderField(
  text: SpecText,
  { label, read, write }: Binding<number>,
  { min, max, step = 1 }: NumberRange,
  nameOf: (value: number) => string = String,
): Field {
  const slider = element("input", { type: "range", min, max, step });
  const value = element("output", { class: "slider-value" });
  const field = labelled(label, element("span", { class: "slider" }, slider, value));
  let spec: unknown;
  slider.addEventListener("input", () => (value.textContent = nameOf(Number(slider.value))));
  slider.addEventListener("change", () => text.edit(write(Number(slider.value), spec)));
  return {
    element: field.element,
    refresh(next) {
      spec = next;
      const reading = read(next);
      const now = "value" in reading ? reading.value : min;
      slider.value = String(now);
      value.textContent = nameOf(now);
      const problem = problemOf(reading, write(now === min ? max : min, next), text);
      slider.disabled = problem !== undefined;
      field.explain(problem);
    },
  };
}

/** A whole number with a button on each side, so that it can be changed by mouse. */
export function stepperField(
  text: SpecText,
  { label, read, write }: Binding<number>,
  { min, max, step = 1 }: NumberRange,
): Field {
  const input = element("input", { type: "number", min, max, step, class: "stepper-number" });
  const button = (sign: string, by: number) => {
    const made = element(
      "button",
      { type: "button", "aria-label": `${label}: ${sign === "+" ? "more" : "less"}` },
      sign,
    );
    made.addEventListener("click", () => set(Number(input.value) + by));
    return made;
  };
  const [less, more] = [button("−", -step), button("+", step)];
  const field = labelled(label, element("span", { class: "stepper" }, less, input, more));
  let spec: unknown;
  const set = (value: number) => {
    const whole = Math.round(Math.min(max, Math.max(min, value)));
    if (Number.isFinite(whole)) text.edit(write(whole, spec));
  };
  input.addEventListener("change", () => set(Number(input.value)));
  return {
    element: field.element,
    refresh(next) {
      spec = next;
      const reading = read(next);
      const now = "value" in reading ? reading.value : undefined;
      input.value = now === undefined ? "" : String(now);
      const problem = problemOf(reading, write(now === min ? min + 1 : min, next), text);
      input.disabled = problem !== undefined;
      less.disabled = problem !== undefined || now === undefined || now <= min;
      more.disabled = problem !== undefined || now === undefined || now >= max;
      field.explain(problem);
    },
  };
}

/** Switches for the members of a set, at least one of which stays on. */
export function switchesField(
  text: SpecText,
  { label, read, write }: Binding<readonly string[]>,
  names: Readonly<Record<string, string>>,
): Field {
  const note = element("span", { class: "field-note", hidden: true });
  const boxes = Object.entries(names).map(([value, name]) => {
    const box = element("input", { type: "checkbox", value });
    return { value, box, host: element("label", { class: "switch" }, box, name) };
  });
  let spec: unknown;
  for (const { box } of boxes)
    box.addEventListener("change", () =>
      text.edit(
        write(
          boxes.filter((each) => each.box.checked).map(({ value }) => value),
          spec,
        ),
      ),
    );
  return {
    element: element(
      "fieldset",
      { class: "switches" },
      element("legend", {}, label),
      ...boxes.map(({ host }) => host),
      note,
    ),
    refresh(next) {
      spec = next;
      const reading = read(next);
      const on = "value" in reading ? reading.value : [];
      const all = Object.keys(names);
      const problem = problemOf(reading, write(on.length === all.length ? [all[0]] : all, next), text);
      for (const { value, box } of boxes) {
        box.checked = on.includes(value);
        box.disabled = problem !== undefined || (on.length === 1 && on.includes(value));
      }
      note.textContent = problem ?? "";
      note.hidden = problem === undefined;
    },
  };
}
