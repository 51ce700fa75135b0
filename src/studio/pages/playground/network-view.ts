/**
 * The network as a live picture. For points in a plane, each value of a layer is a map of the plane; otherwise it is
 * the value for one row of the data. A line is a weight: its width grows with its size, and its colour shows its sign.
 */
import "./network.css";
import type { LayerScript, Outputs, Probe, TrainerScript, Watched } from "../../browser/messages.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { element, svgElement } from "../shared/element.ts";
import { layOut, nearestEdge, type Edge, type NetworkLayout, type Neuron } from "./network-layout.ts";
import { classColour } from "./parts.ts";
import { planeGrid } from "./plane-grid.ts";

export interface NetworkView {
  readonly element: HTMLElement;
  /** The rows for which the view needs the values of the layers. */
  readonly probe: NonNullable<Probe>;
  draw(watched: Watched): void;
}

/** The number of points of a map along each axis. */
const side = 20;

/** The number of weights that the description of a value lists. */
const listed = 6;

/** @param onProbe the view needs the values for other rows, those of its `probe` from now on */
export function networkView(
  { layers }: LayerScript,
  trainer: TrainerScript,
  onProbe: (probe: NonNullable<Probe>) => void,
): NetworkView {
  const grid = planeGrid(trainer);
  const isPlane = !("problem" in grid);
  const inputs = Object.entries(trainer.facts.inputs).filter(([, { onlyLoss }]) => onlyLoss !== true);
  const labels = isPlane ? { [grid.input]: grid.columns } : {};
  const layout = layOut(inputSizes(inputs), layers, { isPlane, labels });
  const state: { watched?: Watched; probe: NonNullable<Probe>; chosen?: Neuron } = {
    probe: isPlane ? { [grid.input]: grid.rows(side) } : rowOf(trainer, 0),
  };
  const detail = networkDetail(isPlane);
  const showChosen = () => {
    const { chosen, watched, probe } = state;
    if (chosen !== undefined && watched !== undefined)
      detail.showNeuron(chosen, layout.edges, watched, probe);
  };
  const map = networkMap(layout, isPlane ? side : 1, {
    onNeuron(neuron) {
      state.chosen = neuron;
      showChosen();
    },
    onEdge: (edge) => state.watched && detail.showEdge(edge, state.watched),
  });
  const rows = isPlane ? [] : [rowChooser(trainer, (row) => onProbe((state.probe = rowOf(trainer, row))))];
  return {
    element: element(
      "figure",
      { class: "network-figure" },
      ...rows,
      element("div", { class: "network-scroll" }, map.element),
      detail.element,
      ...layout.omitted.map((text) => element("p", { class: "quiet" }, text)),
    ),
    get probe() {
      return state.probe;
    },
    draw(watched) {
      state.watched = watched;
      map.draw(watched, state.probe);
      showChosen();
    },
  };
}

interface MapEvents {
  /** A value is under the pointer or has the focus. */
  onNeuron(neuron: Neuron): void;
  /** A weight is under the pointer. */
  onEdge(edge: Edge): void;
}

/** The values as buttons with maps of `side` × `side` points, and the weights as lines below them. */
function networkMap({ neurons, edges, width, height }: NetworkLayout, side: number, events: MapEvents) {
  const lines = edges.map(({ from, to }) =>
    svgElement("line", { x1: from.right, y1: from.y, x2: to.left, y2: to.y }),
  );
  const light = (chosen: Neuron | undefined) =>
    lines.forEach((line, at) =>
      line.classList.toggle("lit", edges[at].to === chosen || edges[at].from === chosen),
    );
  const buttons = neurons.map((neuron, i) =>
    neuronButton(neuron, side, () => {
      light(neuron);
      buttons.forEach((button, at) => (button.tabIndex = at === i ? 0 : -1));
      events.onNeuron(neuron);
    }),
  );
  const host = element(
    "div",
    { class: "network", role: "group", "aria-label": "The network. Arrow keys move between its values" },
    svgElement("svg", { width, height, "aria-hidden": "true" }, ...lines),
    ...buttons,
  );
  host.style.width = `${width}px`;
  host.style.height = `${height}px`;
  moveByKeys(host, neurons, buttons);
  host.addEventListener("pointerleave", () => light(undefined));
  host.addEventListener("pointermove", ({ clientX, clientY, target }) => {
    if (!(target instanceof SVGElement)) return;
    const { left, top } = host.getBoundingClientRect();
    const edge = nearestEdge(edges, clientX - left, clientY - top);
    if (edge !== undefined) events.onEdge(edge);
  });
  return {
    element: host,
    draw(watched: Watched, probe: NonNullable<Probe>) {
      neurons.forEach((neuron, i) => {
        const canvas = buttons[i].firstElementChild;
        if (canvas instanceof HTMLCanvasElement) paintNeuron(canvas, neuron, watched, probe);
      });
      drawEdges(lines, edges, watched);
    },
  };
}

/** The value or the weight that the user points at, in words; for maps, also enlarged. */
function networkDetail(isPlane: boolean) {
  const lens = element("canvas", { class: "lens", width: side, height: side, hidden: true });
  const about = isPlane
    ? "Each square is a value over the plane, and each line is a weight. Blue is positive, orange is negative."
    : "Each square is a value for one row, and each line is a weight. Blue is positive, orange is negative.";
  const info = element(
    "output",
    { class: "network-info" },
    `${about} Point at one of them to see its numbers.`,
  );
  return {
    element: element("div", { class: "network-detail" }, lens, info),
    showNeuron(neuron: Neuron, edges: readonly Edge[], watched: Watched, probe: NonNullable<Probe>) {
      lens.hidden = !isPlane;
      paintNeuron(lens, neuron, watched, probe);
      info.textContent = descriptionOf(neuron, edges, watched, probe);
    },
    showEdge(edge: Edge, watched: Watched) {
      lens.hidden = true;
      info.textContent = `${edge.from.label} → ${edge.to.label}: weight ${numberText(weightOf(edge, watched))}`;
    },
  };
}

type Inputs = readonly (readonly [string, ModelFacts["inputs"][string]])[];

const inputSizes = (inputs: Inputs): Readonly<Record<string, number>> =>
  Object.fromEntries(
    inputs.map(([name, { shape }]) => [name, shape.reduce((size, extent) => size * extent, 1)]),
  );

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace("-", "−") : String(value);

function neuronButton(neuron: Neuron, side: number, onChoose: () => void): HTMLButtonElement {
  const canvas = element("canvas", { width: side, height: side });
  const button = element(
    "button",
    {
      type: "button",
      class: "neuron",
      "aria-label": neuron.label,
      title: neuron.label,
      tabindex: neuron.isFirst ? 0 : -1,
    },
    canvas,
  );
  const { style } = button;
  [style.left, style.top] = [`${neuron.left}px`, `${neuron.y - neuron.size / 2}px`];
  [style.width, style.height] = [`${neuron.size}px`, `${neuron.size}px`];
  button.addEventListener("pointerenter", onChoose);
  button.addEventListener("focus", onChoose);
  return button;
}

/** Arrow keys move the focus to the nearest value above, below, to the left or to the right. */
function moveByKeys(host: HTMLElement, neurons: readonly Neuron[], buttons: readonly HTMLElement[]): void {
  host.addEventListener("keydown", (event) => {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const at = buttons.findIndex((button) => button === event.target);
    if (way === undefined || at < 0) return;
    event.preventDefault();
    const [dx, dy] = way;
    const own = neurons[at];
    const distances = neurons.map(({ left, y }) => {
      const [along, across] = [
        (left - own.left) * dx + (y - own.y) * dy,
        (left - own.left) * dy + (y - own.y) * dx,
      ];
      return along > 1 ? along + 2 * Math.abs(across) : Infinity;
    });
    const nearest = distances.indexOf(Math.min(...distances));
    if (Number.isFinite(distances[nearest])) buttons[nearest].focus();
  });
}

/** A field for the number of the row whose values the picture shows. */
function rowChooser({ data }: TrainerScript, onRow: (row: number) => void): HTMLElement {
  const [values] = Object.entries(data?.train ?? {});
  const count = values === undefined ? 1 : rowCount(data?.train ?? {}, values[0]);
  const field = element("input", { type: "number", min: 1, max: count, value: 1, class: "row-number" });
  field.addEventListener("input", () => {
    const row = Math.round(Number(field.value));
    const isThere = row >= 1 && row <= count;
    field.setAttribute("aria-invalid", String(!isThere));
    if (isThere) onRow(row - 1);
  });
  return element("label", { class: "chooser" }, "Training row ", field, ` of ${count.toLocaleString("en")}`);
}

type Rows = Readonly<Record<string, ArrayLike<number>>>;

/** Targets have one number a row or more, so the smallest field has one for each row. */
const rowCount = (rows: Rows, first: string): number =>
  Object.values(rows).reduce((count, { length }) => Math.min(count, length), rows[first].length);

/** The values of the inputs in one row of the training split. */
function rowOf({ facts, data }: TrainerScript, row: number): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(facts.inputs)
      .filter(([, { onlyLoss }]) => onlyLoss !== true)
      .map(([name, { shape }]) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const values = data?.train[name] ?? [];
        return [name, Array.from({ length: size }, (_, i) => Number(values[row * size + i] ?? 0))];
      }),
  );
}

/** The values of a neuron for all rows of the probe. */
function valuesOf({ layer, index, of }: Neuron, values: Outputs, probe: NonNullable<Probe>): Float64Array {
  const all: ArrayLike<number> = Object.hasOwn(values, layer) ? values[layer] : (probe[layer] ?? []);
  return Float64Array.from({ length: Math.floor(all.length / of) }, (_, row) => all[row * of + index]);
}

/** The value of a layer that has the full colour: its largest absolute value, at least a small one. */
function scaleOf({ layer }: Neuron, values: Outputs, probe: NonNullable<Probe>): number {
  const all: ArrayLike<number> = Object.hasOwn(values, layer) ? values[layer] : (probe[layer] ?? []);
  let most = 1e-6;
  for (let i = 0; i < all.length; i++) if (Math.abs(all[i]) > most) most = Math.abs(all[i]);
  return most;
}

/**
 * Paints the values of a neuron: orange if negative, white at 0, blue if positive. The largest value of its layer has
 * the full colour. Values that are not numbers are black.
 */
function paintNeuron(
  canvas: HTMLCanvasElement,
  neuron: Neuron,
  watched: Watched,
  probe: NonNullable<Probe>,
): void {
  const values = valuesOf(neuron, watched.values, probe);
  const scale = scaleOf(neuron, watched.values, probe);
  const context = canvas.getContext("2d");
  if (context === null || values.length !== canvas.width * canvas.height) return;
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, place) => {
    const colour = classColour(value < 0 ? 1 : 0);
    const strength = Math.min(1, Math.abs(value) / scale);
    for (let channel = 0; channel < 3; channel++)
      image.data[4 * place + channel] = Number.isFinite(value) ? 255 - (255 - colour[channel]) * strength : 0;
    image.data[4 * place + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

const weightOf = ({ weight, from, to }: Edge, { parameters }: Watched): number =>
  parameters[weight]?.[from.index * to.of + to.index] ?? NaN;

function drawEdges(lines: readonly SVGElement[], edges: readonly Edge[], watched: Watched): void {
  const weights = edges.map((edge) => weightOf(edge, watched));
  const most = Math.max(1e-6, ...weights.map((weight) => (Number.isFinite(weight) ? Math.abs(weight) : 0)));
  weights.forEach((weight, i) => {
    const strength = Math.min(1, Math.abs(weight) / most);
    lines[i].classList.toggle("negative", weight < 0);
    lines[i].setAttribute("stroke-width", (0.4 + 4.6 * (strength || 0)).toFixed(2));
    lines[i].setAttribute("stroke-opacity", (0.25 + 0.75 * (strength || 0)).toFixed(2));
  });
}

/** The bias and the largest weights of a value, and its range. */
function descriptionOf(
  neuron: Neuron,
  edges: readonly Edge[],
  watched: Watched,
  probe: NonNullable<Probe>,
): string {
  const values = valuesOf(neuron, watched.values, probe);
  const range =
    values.length === 1
      ? `value ${numberText(values[0])}`
      : `values from ${numberText(Math.min(...values))} to ${numberText(Math.max(...values))}`;
  const bias = neuron.bias && watched.parameters[neuron.bias]?.[neuron.index];
  const incoming = edges
    .filter(({ to }) => to === neuron)
    .map((edge) => ({ name: edge.from.label, weight: weightOf(edge, watched) }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const shown = incoming.slice(0, listed).map(({ name, weight }) => `${name} ${numberText(weight)}`);
  const more = incoming.length > listed ? `, and ${incoming.length - listed} smaller ones` : "";
  return [
    `${neuron.label}: ${range}`,
    ...(bias === undefined ? [] : [`bias ${numberText(Number(bias))}`]),
    ...(shown.length === 0 ? [] : [`weights: ${shown.join(", ")}${more}`]),
  ].join("; ");
}
