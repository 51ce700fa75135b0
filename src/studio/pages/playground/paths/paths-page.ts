/**
 * The second view: the paths of optimizers over a loss of two parameters. Each optimizer is a spec that the
 * compiler turns into a trainer; the trainer takes all its steps at once, in a worker, so that the paths
 * follow the start as it is dragged.
 */
import { element } from "../../shared/element.ts";
import type { Compiler } from "../compiler.ts";
import { drawCurves } from "../curve-chart.ts";
import { colourOf, legendTable } from "./legend-table.ts";
import { gridSide, mapView } from "./map-view.ts";
import type { Path, WalkAnswer } from "./messages.ts";
import { optimizers } from "./optimizers.ts";
import { player } from "./player.ts";
import { scriptsFrom, surveyor } from "./scripts.ts";
import { specOfPath } from "./spec-of-path.ts";
import { firstState, stateOfSurface, stepChoices, type PathsState } from "./state.ts";
import { surfaceFields } from "./surface-fields.ts";
import { startWalker } from "./walker.ts";

export interface PathsPage {
  readonly element: HTMLElement;
  readonly state: () => PathsState;
  open(state: PathsState): void;
}

export interface PathsEvents {
  /** What is set has changed, and stays so for now. */
  onChange(): void;
  /** A spec is to be seen in the editor. */
  onSpec(text: string): void;
}

/** How long nothing must be typed before it is compiled, in milliseconds. */
const pause = 150;

/** After how many milliseconds it is told that something takes its time. */
const patience = 200;

export function pathsPage(compiler: Pick<Compiler, "script">, { onChange, onSpec }: PathsEvents): PathsPage {
  let state = firstState();
  let paths: Readonly<Record<string, Path>> = {};
  /** The lowest loss that is known: the curves show what is above it. */
  let lowest = Infinity;
  let picked = optimizers[0];

  const status = element("p", { class: "status", role: "status" });
  const steps = element(
    "select",
    { "aria-label": "How many steps" },
    ...stepChoices.map((count) => element("option", { value: count }, `${count} steps`)),
  );
  const curves = element("div", { class: "losses" });
  const spec = element("pre", { class: "spec", tabindex: 0, "aria-label": "The spec" });
  const specTitle = element("h2", {});
  const edit = element("button", { type: "button" }, "Open in the editor");
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

  const say = (text: string, isWrong = false) => {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  };
  const specText = () => specOfPath({ ...state, optimizer: picked, rate: state.rates[picked.name] });
  const showSpec = () => {
    specTitle.textContent = `The spec of ${picked.label}`;
    spec.textContent = specText();
    legend.pick(picked.name);
  };
  const draw = () => {
    const drawn = optimizers.flatMap(({ name }) =>
      state.on.includes(name) && Object.hasOwn(paths, name) && paths[name].x.length > 0
        ? [{ name, colour: colourOf(name), path: paths[name] }]
        : [],
    );
    map.drawPaths(drawn, state.shown);
    legend.tell(Object.fromEntries(drawn.map(({ name, path }) => [name, path])), state.shown);
    // What is nearer than that to the lowest loss is at it, as far as numbers of 32 bits tell.
    const least = 1e-7 * Math.max(...drawn.map(({ path }) => path.loss[0] - lowest));
    drawCurves(curves, {
      label: "Loss over the steps",
      last: state.steps,
      mark: state.shown,
      curves: drawn.map(({ colour, path }) => ({
        colour,
        points: Array.from(path.loss, (loss, step) => [step, Math.max(least, loss - lowest)] as const),
      })),
    });
  };

  const hear = (answer: WalkAnswer) => {
    if (answer.kind === "failed") return say(answer.message, true);
    if (answer.kind === "heights") {
      map.drawSurface(answer.heights);
      lowest = answer.heights.reduce((low, height) => (height < low ? height : low), Infinity);
    } else paths = answer.paths;
    for (const { loss } of Object.values(paths)) for (const each of loss) lowest = Math.min(lowest, each);
    draw();
  };
  const walk = startWalker(hear);
  const scriptsOf = scriptsFrom(compiler);

  let surveyed = "";
  /** The last formula that was right: what is seen while another is wrong. */
  let sound: string | undefined;
  /** What of the state must be computed: the surface, if it is another one, and the paths. */
  const compute = async () => {
    const wanted = state;
    const compiling = setTimeout(() => say("compiling …"), patience);
    const { scripts: found, faults } = await scriptsOf(wanted);
    const isWrong = faults.length > 0;
    if (!isWrong) sound = wanted.formula;
    const { formula, range, start, steps: count } = { ...wanted, formula: sound ?? wanted.formula };
    const { scripts } =
      isWrong && sound !== undefined ? await scriptsOf({ ...wanted, formula }) : { scripts: found };
    clearTimeout(compiling);
    if (wanted !== state) return;
    fields.setWrong(isWrong);
    const texts = faults.map(({ message, hint }) => (hint === undefined ? message : `${message}; ${hint}`));
    if (isWrong && sound !== undefined) texts.push(`what is drawn is ${sound}`);
    say(texts.join("\n"), isWrong);
    if (!Object.hasOwn(scripts, surveyor.name)) return;
    const surface = JSON.stringify([formula, range]);
    if (surface !== surveyed) {
      surveyed = surface;
      walk({ kind: "heights", script: scripts[surveyor.name], range, side: gridSide });
    }
    walk({ kind: "paths", scripts, start, steps: count });
  };
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
  edit.addEventListener("click", () => onSpec(specText()));

  const left = element(
    "section",
    { class: "left", "aria-label": "Map" },
    fields.element,
    status,
    map.element,
    element(
      "p",
      { class: "quiet" },
      "The stronger the colour, the lower. Drag the start, click to a place, or move it by the arrow keys.",
    ),
  );
  const right = element(
    "section",
    { class: "right", "aria-label": "Paths" },
    playing.element,
    legend.element,
    element("h2", {}, "Loss above the lowest that was seen"),
    curves,
    element("div", { class: "controls" }, specTitle, edit),
    spec,
  );
  return {
    element: element("div", { class: "paths-page" }, left, right),
    state: () => state,
    open: (opened) => set(opened),
  };
}
