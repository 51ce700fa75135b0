/**
 * The curves of the live page and their controls: the scale, the smoothing, and the logs of earlier runs that the
 * reader opens or drops to compare them with this run.
 */
import { parseEpochLog } from "../../charts/epoch-log.ts";
import { LiveHistory } from "../../charts/live-events.ts";
import { element, setAttributes } from "../shared/element.ts";
import { curveCard, type CurveCard, type CurveLook } from "./curve-card.ts";
import { panelsOf, type EarlierRun } from "./panels.ts";

export interface Curves {
  readonly root: HTMLElement;
  show(history: LiveHistory): void;
}

export function makeCurves(): Curves {
  let look: CurveLook = { isLog: false, smoothing: 0, epoch: undefined };
  let history = new LiveHistory();
  let runs: readonly EarlierRun[] = [];
  const cards = new Map<string, CurveCard>();
  const grid = element("div", { class: "grid" });
  const draw = () => {
    const panels = panelsOf(history, runs);
    const titles = panels.map(({ title }) => title);
    for (const title of cards.keys()) if (!titles.includes(title)) cards.delete(title);
    for (const panel of panels) {
      const card = cards.get(panel.title) ?? curveCard((epoch) => change({ epoch }));
      cards.set(panel.title, card);
      card.show(panel, look);
    }
    const roots = titles.flatMap((title) => cards.get(title)?.root ?? []);
    // Elements that stay in place keep the focus.
    if (roots.some((root, i) => grid.children[i] !== root) || grid.children.length !== roots.length)
      grid.replaceChildren(...roots);
  };
  const change = (more: Partial<CurveLook>) => {
    look = { ...look, ...more };
    draw();
  };
  const compared = comparedRuns((now) => {
    runs = now;
    draw();
  });
  new ResizeObserver(draw).observe(grid);
  const controls = element("div", { class: "controls" }, ...lookControls(change), ...compared);
  return {
    root: element("div", {}, controls, grid),
    show(now) {
      history = now;
      draw();
    },
  };
}

function lookControls(change: (more: Partial<CurveLook>) => void): HTMLElement[] {
  const scale = element("input", { type: "checkbox" });
  const smoothing = element("input", { type: "range", min: 0, max: 0.98, step: 0.02, value: 0 });
  const weight = element("output", {}, "0.00");
  scale.addEventListener("change", () => change({ isLog: scale.checked }));
  smoothing.addEventListener("input", () => {
    weight.textContent = smoothing.valueAsNumber.toFixed(2);
    change({ smoothing: smoothing.valueAsNumber });
  });
  return [
    element("label", {}, scale, " log scale"),
    element("label", {}, "smoothing ", smoothing, " ", weight),
  ];
}

/** The button that opens logs, the list of opened runs, and the message for a file that is not a log. */
function comparedRuns(changed: (runs: readonly EarlierRun[]) => void): HTMLElement[] {
  let runs: readonly EarlierRun[] = [];
  const picker = element("input", { type: "file", multiple: true, accept: ".jsonl", hidden: true });
  const button = element("button", { type: "button" }, "Compare runs …");
  const list = element("ul", { class: "runs" });
  const message = element("span", { class: "bad", role: "status" });
  const update = (now: readonly EarlierRun[]) => {
    runs = now;
    list.replaceChildren(...runs.map(({ name }) => listed(name)));
    changed(runs);
  };
  const listed = (name: string) => {
    const remove = element("button", { type: "button", "aria-label": `remove ${name}` }, "×");
    remove.addEventListener("click", () => update(runs.filter((run) => run.name !== name)));
    return element("li", {}, name, " ", remove);
  };
  const add = async (files: readonly File[]) => {
    message.textContent = "";
    for (const file of files) {
      const found = await readRun(file);
      if (typeof found === "string") message.textContent = found;
      else update([...runs.filter(({ name }) => name !== found.name), found]);
    }
  };
  button.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => void add([...(picker.files ?? [])]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void add([...(event.dataTransfer?.files ?? [])]);
  });
  setAttributes(button, {
    title: "logs that `tapeless train --log` has written; you can also drop them here",
  });
  return [button, picker, list, message];
}

/** The run in a log, or a message that says what is wrong with the file. */
async function readRun(file: File): Promise<EarlierRun | string> {
  try {
    return { name: file.name.replace(/\.jsonl?$/, ""), reports: parseEpochLog(await file.text()) };
  } catch (error) {
    return `${file.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
