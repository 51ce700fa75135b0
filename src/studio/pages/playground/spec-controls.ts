/**
 * Controls that write the spec. The text in the editor is the only state: each control makes a small edit of the text,
 * and shows what the text says. The history of the editor also undoes the changes of the controls.
 */
import "./controls.css";
import { element } from "../shared/element.ts";
import {
  choiceField,
  sliderField,
  stepperField,
  switchesField,
  type Field,
  type SpecText,
} from "./control-fields.ts";
import { drawPad } from "./draw-points.ts";
import { drawnSet, planeFeatures, planeSets, type PlanePoint } from "./planes.ts";
import {
  activationBinding,
  addLayer,
  batchBinding,
  datasetBinding,
  epochsBinding,
  featuresBinding,
  hiddenLayersOf,
  noiseBinding,
  optimizerBinding,
  penaltyBinding,
  planeOfSpec,
  rateBinding,
  removeLayer,
  strengthBinding,
  unitsBinding,
} from "./spec-bindings.ts";

const activations = ["linear", "relu", "tanh", "sigmoid", "gelu", "silu"];
const optimizers = ["sgd", "adam", "adamw", "rmsprop", "adagrad"];
const rates = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];
const batchSizes = [1, 4, 8, 16, 32, 64, 128, 256];
const strengths = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const penaltyNames: Readonly<Record<string, string>> = { none: "none", l1: "L1", l2: "L2" };

/** The greatest number of layers for which there are controls. */
const maxLayers = 8;

export interface SpecControls {
  readonly element: HTMLElement;
  /** Shows another spec, as far as the text could be read. */
  refresh(spec: unknown): void;
  /** The points of the data set "drawn points". */
  readonly drawn: () => readonly PlanePoint[];
  showDrawn(points: readonly PlanePoint[]): void;
}

/** @param onDraw the drawn points have changed */
export function specControls(text: SpecText, onDraw: () => void): SpecControls {
  const pad = drawPad(onDraw);
  const dataset = choiceField(text, datasetBinding, planeSets, (name) =>
    name === "drawn" ? "drawn points" : name,
  );
  const noise = sliderField(text, noiseBinding, { min: 0, max: 50, step: 5 }, (value) => `${value} %`);
  const features = switchesField(
    text,
    featuresBinding,
    Object.fromEntries(Object.entries(planeFeatures).map(([name, { label }]) => [name, label])),
  );
  const layers = layerList(text);
  const fields = [
    choiceField(text, optimizerBinding, optimizers),
    choiceField(text, rateBinding, rates, (rate) => (rate === 0 ? "default" : String(rate))),
    choiceField(text, batchBinding, batchSizes),
    stepperField(text, epochsBinding, { min: 1, max: 2000, step: 50 }),
    choiceField(text, penaltyBinding, Object.keys(penaltyNames), (norm) => penaltyNames[norm] ?? norm),
    choiceField(text, strengthBinding, strengths),
  ];
  const group = (name: string, ...children: readonly HTMLElement[]) =>
    element("fieldset", { class: "control-group" }, element("legend", {}, name), ...children);
  const host = element(
    "details",
    { class: "spec-controls", open: true },
    element("summary", {}, "Controls"),
    element(
      "div",
      { class: "control-groups" },
      group("Data", dataset.element, noise.element, pad.element),
      features.element,
      group("Network", layers.element),
      group("Training", ...fields.map((field) => field.element)),
    ),
  );
  return {
    element: host,
    drawn: pad.points,
    showDrawn: pad.show,
    refresh(spec) {
      pad.element.hidden = planeOfSpec(spec)?.set !== drawnSet;
      for (const field of [dataset, noise, features, layers, ...fields]) field.refresh(spec);
    },
  };
}

/** The controls of each hidden layer. They are built again if the number or the types of the layers change. */
function layerList(text: SpecText): Field {
  const list = element("ol", { class: "layer-list" });
  const add = element("button", { type: "button" }, "Add layer");
  const note = element("span", { class: "field-note", hidden: true });
  let built = "";
  let fields: readonly Field[] = [];
  add.addEventListener("click", () => text.edit(addLayer(text.spec())));
  const row = (index: number, problem: string | undefined) => {
    const remove = element("button", { type: "button", "aria-label": `Remove layer ${index + 1}` }, "×");
    remove.addEventListener("click", () => {
      text.edit(removeLayer(index));
      add.focus();
    });
    const own =
      problem === undefined
        ? [
            stepperField(text, unitsBinding(index), { min: 1, max: 64 }),
            choiceField(text, activationBinding(index), activations),
          ]
        : [];
    const note = problem === undefined ? [] : [element("span", { class: "field-note" }, problem)];
    return {
      own,
      item: element(
        "li",
        {},
        element("span", { class: "layer-name" }, `Layer ${index + 1}`),
        ...own.map((field) => field.element),
        ...note,
        remove,
      ),
    };
  };
  return {
    element: element("div", { class: "layers" }, list, add, note),
    refresh(next) {
      const layers = hiddenLayersOf(next);
      const shown = "value" in layers ? layers.value.slice(0, maxLayers) : [];
      const key = JSON.stringify(shown);
      if (key !== built) {
        built = key;
        const rows = shown.map(({ index, problem }) => row(index, problem));
        fields = rows.flatMap(({ own }) => own);
        list.replaceChildren(...rows.map(({ item }) => item));
      }
      fields.forEach((field) => field.refresh(next));
      const isFull = "value" in layers && layers.value.length >= maxLayers;
      const problem =
        "problem" in layers ? layers.problem : isFull ? `More than ${maxLayers} layers need the text.` : "";
      add.disabled = problem !== "" || !text.canEdit(addLayer(next));
      note.textContent = problem;
      note.hidden = problem === "";
    },
  };
}
