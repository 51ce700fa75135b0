/**
 * The second view: the paths of optimizers over a loss of two parameters. The compiler turns a spec for each
 * optimizer into a trainer. A worker runs all steps of a trainer at once, which is fast enough to update the
 * paths while the user drags the start.
 */
import { element } from "../../shared/element.ts";
import type { Compiler } from "../compiler.ts";
import { drawCurves } from "../curve-chart.ts";
import { colourOf, legendTable } from "./legend-table.ts";
import { gridSide, mapView } from "./map-view.ts";
import type { DrawnPath } from "./map-view.ts";
import type { Path, PathReply } from "./messages.ts";
import { firstState, optimizers, stateOfSurface, stepChoices } from "./state.ts";
import type { Optimizer, PathsState } from "./state.ts";
import { player } from "./player.ts";
import { scriptsFrom, gridOptimizer } from "./scripts.ts";
import { specOfPath } from "./spec-of-path.ts";
import { surfaceFields } from "./surface-fields.ts";
import { startPathWorker } from "./path-worker.ts";

export interface PathsPage {
  readonly element: HTMLElement;
  readonly state: () => PathsState;
  open(state: PathsState): void;
}

export interface PathsEvents {
  /** Called when the settings have changed and the user has finished the change. */
  onChange(): void;
  /** Opens a spec in the editor. */
  onSpec(text: string): void;
}

/** The pause in typing after which compilation starts, in milliseconds. */
const pause = 150;

/** The page says that it is compiling if compilation takes longer than this, in milliseconds. */
const busyDelay = 200;

export function pathsPage(compiler: Pick<Compiler, "script">, { onChange, onSpec }: PathsEvents): PathsPage {
  let state = firstState();
  let results: PathResults = { paths: {}, lowest: Infinity };
  let picked = optimizers[0];

  const status = statusLine();
  const steps = stepsChooser();
  const curves = element("div", { class: "losses" });
  const specView = specViewer(onSpec);
  const map = mapView((start, isSettled) => set({ start }, { isSettled }));
  const fields = surfaceFields({
    onSurface: (surface) => set(stateOfSurface(surface, state)),
    onFormula: (formula) => set({ formula }, { isTyped: true }),
    onStart: (start) => set({ start }),
  });
  const legend = legendTable({
    onToggle: (name, isOn) =>
      set({ on: isOn ? [...state.on, name] : state.on.filter((other) => other !== name) }),
    onRate: (name, rate) => set({ rates: { ...state.rates, [name]: rate } }, { isTyped: true }),
    onSpec: (name) => {
      picked = optimizers.find((optimizer) => optimizer.name === name) ?? picked;
      showSpec();
    },
  });
  const playing = player(steps, (shown, isSettled) => {
    state = { ...state, shown };
    draw();
    if (isSettled) onChange();
  });

  const showSpec = () => {
    specView.show(picked, state);
    legend.pick(picked.name);
  };
  const draw = () => {
    const drawn = drawnPaths(results, state);
    map.drawPaths(drawn, state.shown);
    legend.showValues(Object.fromEntries(drawn.map(({ name, path }) => [name, path])), state.shown);
    drawLossCurves(curves, drawn, results.lowest, state);
  };

  const handleReply = (reply: PathReply) => {
    if (reply.kind === "failed") return status.say(reply.message, true);
    if (reply.kind === "heights") map.drawSurface(reply.heights);
    results = resultsAfter(results, reply);
    draw();
  };
  const requestPaths = startPathWorker(handleReply);
  const compute = computing(scriptsFrom(compiler), requestPaths, {
    state: () => state,
    say: status.say,
    setWrong: fields.setWrong,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (change: Partial<PathsState>, { isTyped = false, isSettled = true } = {}) => {
    state = { ...state, ...change };
    fields.set(state);
    steps.value = String(state.steps);
    map.setRange(state.range);
    map.setStart(state.start);
    legend.set(state);
    playing.set(state.steps, state.shown);
    showSpec();
    clearTimeout(timer);
    timer = setTimeout(() => void compute(), isTyped ? pause : 0);
    if (isSettled) onChange();
  };
  steps.addEventListener("change", () => {
    const count = Number(steps.value);
    set({ steps: count, shown: count });
  });
  return {
    element: pageOf({
      surface: [fields.element, status.element, map.element],
      paths: [playing.element, legend.element],
      curves,
      spec: specView.elements,
    }),
    state: () => state,
    open: (opened) => set(opened),
  };
}

/** The worker's results so far. */
interface PathResults {
  readonly paths: Readonly<Record<string, Path>>;
  /** The lowest loss found so far. The curves show how far the losses are above it. */
  readonly lowest: number;
}

function resultsAfter(before: PathResults, reply: Exclude<PathReply, { kind: "failed" }>): PathResults {
  const paths = reply.kind === "paths" ? reply.paths : before.paths;
  let lowest =
    reply.kind === "heights"
      ? reply.heights.reduce((low, height) => (height < low ? height : low), Infinity)
      : before.lowest;
  for (const { loss } of Object.values(paths)) for (const each of loss) lowest = Math.min(lowest, each);
  return { paths, lowest };
}

/** The paths of the selected optimizers, in the order of the legend. */
const drawnPaths = ({ paths }: PathResults, { on }: PathsState): readonly DrawnPath[] =>
  optimizers.flatMap(({ name }) =>
    on.includes(name) && Object.hasOwn(paths, name) && paths[name].x.length > 0
      ? [{ name, colour: colourOf(name), path: paths[name] }]
      : [],
  );

const stepsChooser = (): HTMLSelectElement =>
  element(
    "select",
    { "aria-label": "Number of steps" },
    ...stepChoices.map((count) => element("option", { value: count }, `${count} steps`)),
  );

function statusLine() {
  const line = element("p", { class: "status", role: "status" });
  return {
    element: line,
    say(text: string, isWrong = false) {
      line.textContent = text;
      line.classList.toggle("wrong", isWrong);
    },
  };
}

interface Computing {
  readonly state: () => PathsState;
  say(text: string, isWrong?: boolean): void;
  setWrong(isWrong: boolean): void;
}

/**
 * Returns a function that recomputes the results for a changed state: the paths and, if it has changed, the
 * surface.
 */
function computing(
  scriptsOf: ReturnType<typeof scriptsFrom>,
  requestPaths: ReturnType<typeof startPathWorker>,
  { state, say, setWrong }: Computing,
): () => Promise<void> {
  let surveyed = "";
  /** The last valid formula. The map continues to show it while the current formula is invalid. */
  let lastValid: string | undefined;
  return async () => {
    const wanted = state();
    const compiling = setTimeout(() => say("compiling …"), busyDelay);
    const { scripts: found, errors } = await scriptsOf(wanted);
    const isWrong = errors.length > 0;
    if (!isWrong) lastValid = wanted.formula;
    const { formula, range, start, steps: count } = { ...wanted, formula: lastValid ?? wanted.formula };
    const { scripts } =
      isWrong && lastValid !== undefined ? await scriptsOf({ ...wanted, formula }) : { scripts: found };
    clearTimeout(compiling);
    if (wanted !== state()) return;
    setWrong(isWrong);
    const texts = errors.map(({ message, hint }) => (hint === undefined ? message : `${message}; ${hint}`));
    if (isWrong && lastValid !== undefined) texts.push(`the map shows ${lastValid}`);
    say(texts.join("\n"), isWrong);
    if (!Object.hasOwn(scripts, gridOptimizer.name)) return;
    const surface = JSON.stringify([formula, range]);
    if (surface !== surveyed) {
      surveyed = surface;
      requestPaths({ kind: "heights", script: scripts[gridOptimizer.name], range, side: gridSide });
    }
    requestPaths({ kind: "paths", scripts, start, steps: count });
  };
}

/** Draws the losses of the paths, relative to the lowest known loss. */
function drawLossCurves(
  host: HTMLElement,
  paths: readonly DrawnPath[],
  lowest: number,
  { steps, shown }: PathsState,
): void {
  // Differences below this value are rounding errors of 32-bit numbers.
  const least = 1e-7 * Math.max(...paths.map(({ path }) => path.loss[0] - lowest));
  drawCurves(host, {
    label: "Loss over the steps",
    last: steps,
    mark: shown,
    curves: paths.map(({ colour, path }) => ({
      colour,
      points: Array.from(path.loss, (loss, step) => [step, Math.max(least, loss - lowest)] as const),
    })),
  });
}

/** The spec of one optimizer, and a button that opens it in the editor. */
function specViewer(onEdit: (spec: string) => void) {
  const title = element("h2", {});
  const edit = element("button", { type: "button" }, "Open in the editor");
  const text = element("pre", { class: "spec", tabindex: 0, "aria-label": "The spec" });
  let spec = "";
  edit.addEventListener("click", () => onEdit(spec));
  return {
    elements: [element("div", { class: "controls" }, title, edit), text],
    show(optimizer: Optimizer, state: PathsState) {
      spec = specOfPath({ ...state, optimizer, rate: state.rates[optimizer.name] });
      title.textContent = `The spec of ${optimizer.label}`;
      text.textContent = spec;
    },
  };
}

interface PageParts {
  readonly surface: readonly Element[];
  readonly paths: readonly Element[];
  readonly curves: Element;
  readonly spec: readonly Element[];
}

function pageOf({ surface, paths, curves, spec }: PageParts): HTMLElement {
  const left = element(
    "section",
    { class: "left", "aria-label": "Map" },
    ...surface,
    element(
      "p",
      { class: "quiet" },
      "Stronger colours are lower losses. Drag the start point, click on the map, or use the arrow keys.",
    ),
  );
  const right = element(
    "section",
    { class: "right", "aria-label": "Paths" },
    ...paths,
    element("h2", {}, "Loss above the lowest value found"),
    curves,
    ...spec,
  );
  return element("div", { class: "paths-page" }, left, right);
}
