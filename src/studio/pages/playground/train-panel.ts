/** The training panel: a worker runs the emitted code, and the panel shows its state at every frame. */
import type { TrainReply, TrainerScript, TrainRequest } from "../../browser/messages.ts";
import { figureText, resultText, type TrainingResult } from "../../../runtime/training/train-on.ts";
import { naiveText } from "../../../runtime/training/ruled-training.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { element } from "../shared/element.ts";
import { drawLosses } from "./curve-chart.ts";
import { modelView } from "./model-view.ts";
import type { ModelView } from "./shown-model.ts";
import { texts, workerOf } from "./texts.ts";

export interface TrainPanel {
  readonly element: HTMLElement;
  /** Shows another model, ready to train from its initial parameters. */
  show(trainer: TrainerScript): void;
  /** Marks the shown results as out of date, because the editor's text does not compile. */
  setStale(isStale: boolean): void;
}

/** How long a worker trains between two frames, in milliseconds. It always trains at least one epoch. */
const speeds = { "one epoch per frame": 0, "maximum speed": 60 } as const;

/** A training worker, and the reports that it has sent so far. */
interface Training {
  readonly trainer: TrainerScript;
  readonly worker: Worker;
  readonly view: ModelView | undefined;
  readonly reports: EpochReport[];
}

type State = "starting" | "ready" | "busy" | "done" | "failed";

export function trainPanel(): TrainPanel {
  const display = trainDisplay();
  const { panel, play, step, reset } = display;
  let training: Training | undefined;
  let state: State = "starting";
  let isPlaying = false;

  const refresh = () => display.showState(state, isPlaying, training !== undefined);
  const go = () => {
    if (training === undefined || state !== "ready") return;
    state = "busy";
    send(training.worker, { kind: "go", milliseconds: isPlaying ? display.pace() : 0 });
  };

  const start = (trainer: TrainerScript) => {
    training?.worker.terminate();
    const worker = workerOf(texts().trainer);
    const view = modelView(trainer);
    const own: Training = { trainer, worker, view, reports: [] };
    training = own;
    state = "starting";
    display.showStart(own);
    worker.onmessage = ({ data: reply }: MessageEvent<TrainReply>) => {
      if (training === own) handleReply(own, reply);
    };
    worker.onerror = (event) => handleReply(own, { kind: "failed", message: event.message });
    send(worker, { kind: "start", trainer, probe: view?.probe });
    refresh();
  };

  const handleReply = (own: Training, reply: TrainReply) => {
    if (reply.kind === "failed") {
      [state, isPlaying] = ["failed", false];
      display.showStatus(reply.message, true);
      return refresh();
    }
    if (reply.kind !== "ready") own.reports.push(...reply.reports);
    display.showProgress(own, reply);
    state = reply.kind === "done" ? "done" : "ready";
    if (reply.kind === "done") isPlaying = false;
    refresh();
    if (isPlaying) requestAnimationFrame(go);
  };

  play.addEventListener("click", () => {
    if (state === "done" && training !== undefined) start(training.trainer);
    isPlaying = !isPlaying;
    refresh();
    // If the worker is not ready yet, training starts when the worker reports that it is ready.
    if (isPlaying) go();
  });
  step.addEventListener("click", go);
  reset.addEventListener("click", () => {
    isPlaying = false;
    if (training !== undefined) start(training.trainer);
  });
  refresh();
  return {
    element: panel,
    show(trainer) {
      panel.classList.remove("stale");
      // If only comments or spaces have changed, the model is still the same, so training continues.
      if (training !== undefined && isSame(training.trainer, trainer)) return;
      isPlaying = false;
      if (trainer.problem === undefined) return start(trainer);
      training?.worker.terminate();
      [training, state] = [undefined, "failed"];
      display.showProblem(trainer.problem);
      refresh();
    },
    setStale: (isStale) => void panel.classList.toggle("stale", isStale),
  };
}

/** Creates the elements of the panel, and functions that show the state of training. */
function trainDisplay() {
  const play = element("button", { type: "button", class: "primary" }, "Train");
  const step = element("button", { type: "button" }, "One epoch");
  const reset = element("button", { type: "button" }, "Reset");
  const speed = element(
    "select",
    { "aria-label": "Speed" },
    ...Object.keys(speeds).map((name) => element("option", {}, name)),
  );
  const status = element("output", { class: "status", "aria-live": "off" });
  const chart = element("div", { class: "losses" });
  const picture = element("div", { class: "model-picture" });
  const outcome = element("pre", { class: "outcome", hidden: true });
  const keys = element(
    "p",
    { class: "key" },
    element("span", { class: "of-training" }, "— training loss"),
    element("span", { class: "of-validation" }, "— validation loss"),
  );
  const panel = element(
    "div",
    { class: "train" },
    element("div", { class: "controls" }, play, step, reset, speed),
    status,
    element("div", { class: "figures" }, picture, element("div", {}, chart, keys, outcome)),
  );
  const showStatus = (text: string, isWrong = false) => {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  };

  return {
    panel,
    play,
    step,
    reset,
    showStatus,
    /** The selected training time between two frames, in milliseconds. */
    pace: (): number => Object.entries(speeds).find(([name]) => name === speed.value)?.[1] ?? 0,
    showState(state: State, isPlaying: boolean, hasTraining: boolean) {
      const canGo = state !== "done" && state !== "failed";
      play.textContent = isPlaying ? "Pause" : state === "done" ? "Train again" : "Train";
      play.disabled = state === "failed";
      step.disabled = !canGo || isPlaying;
      reset.disabled = !hasTraining;
      panel.dataset.state = isPlaying ? "playing" : state;
    },
    showStart({ trainer, view }: Training) {
      outcome.hidden = true;
      picture.replaceChildren(...(view ? [view.element] : []));
      drawLosses(chart, [], trainer.training.epochs);
      showStatus("");
    },
    showProblem(problem: string) {
      picture.replaceChildren();
      chart.replaceChildren();
      outcome.hidden = true;
      showStatus(problem, true);
    },
    showProgress({ trainer, view, reports }: Training, reply: Progress) {
      const { epochs } = trainer.training;
      if (reply.outputs && view) view.draw(reply.outputs);
      const last = reports.at(-1);
      showStatus(last === undefined ? `ready: ${epochs} epochs to train` : epochLine(last, epochs));
      if (reply.kind !== "ready") drawLosses(chart, reports, epochs);
      if (reply.kind === "done") showOutcome(outcome, reply.result);
    },
  };
}

type Progress = Exclude<TrainReply, { kind: "failed" }>;

const send = (worker: Worker, request: TrainRequest): void => worker.postMessage(request);

/** Whether two trainers have the same spec and the same data. */
const isSame = (a: TrainerScript, b: TrainerScript): boolean =>
  a.facts.specHash === b.facts.specHash &&
  a.filesVersion === b.filesVersion &&
  a.problem === undefined &&
  b.problem === undefined;

const metricsText = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join("  ");

function epochLine({ epoch, loss, metrics, validation }: EpochReport, epochs: number): string {
  const validationText = validation ? `   validation ${metricsText(validation)}` : "";
  return `epoch ${epoch}/${epochs}   training ${metricsText({ loss, ...metrics })}${validationText}`;
}

function showOutcome(host: HTMLElement, result: TrainingResult): void {
  host.textContent = naiveText(result, resultText);
  host.hidden = false;
  host.dataset.result = JSON.stringify(result);
}
