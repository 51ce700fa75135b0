/** The training panel: a worker runs the emitted code, and the panel shows its state at every frame. */
import type {
  LayerScript,
  NoLayers,
  Pace,
  SavedTrainer,
  TrainReply,
  TrainerScript,
} from "../../browser/messages.ts";
import type { TrainingResult } from "../../../runtime/training/train-on.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { trainDisplay, type Remedy, type TrainDisplay, type TrainState } from "./train-display.ts";
import { startRun, type TrainingRun } from "./training-run.ts";

export interface TrainPanel {
  readonly element: HTMLElement;
  /** Shows another model, ready to train from its initial parameters. Returns whether it is another model. */
  show(trainer: TrainerScript): boolean;
  /** Adds the picture of the network of the shown model, or says why there is none. */
  showLayers(layers: LayerScript | NoLayers): void;
  /**
   * Asks for the state of the trainer; `onSaved` receives it between two pieces of training. Returns false if there is
   * no trainer.
   */
  save(): boolean;
  /** Marks the shown results as out of date, because the editor's text is another one. */
  setStale(isStale: boolean): void;
}

export interface TrainEvents {
  /** The reports since the model was new, whenever there are more. `result` is present at the end. */
  onProgress(reports: readonly EpochReport[], result: TrainingResult | undefined): void;
  onSaved(saved: SavedTrainer): void;
  /** Training has diverged. */
  onDiverged(): void;
  /** Returns the change of the spec that could prevent that training diverges, if a control can make it. */
  remedy(): Remedy | undefined;
}

/** What the panel shows and does now. */
interface Playing {
  run: TrainingRun | undefined;
  layers: LayerScript | NoLayers | undefined;
  state: TrainState;
  isPlaying: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

export function trainPanel(events: TrainEvents): TrainPanel {
  const display = trainDisplay();
  const now: Playing = { run: undefined, layers: undefined, state: "starting", isPlaying: false };
  const refresh = () => display.showState(now.state, now.isPlaying, now.run !== undefined);
  const go = (pace: Pace) => {
    if (now.run === undefined || now.state !== "ready") return;
    now.state = "busy";
    now.run.go(pace);
  };
  const goOn = () => go(display.pace());
  const stop = () => {
    clearTimeout(now.timer);
    now.run?.stop();
    now.run = undefined;
  };
  const start = (trainer: TrainerScript) => {
    stop();
    const run = startRun(trainer, (reply) => {
      showReply(reply, run, now, display, events);
      refresh();
      if (reply.kind === "watched" || reply.kind === "saved" || !now.isPlaying) return;
      const wait = display.waitBetweenSteps();
      if (wait === 0) requestAnimationFrame(goOn);
      else now.timer = setTimeout(goOn, wait);
    });
    Object.assign(now, { run, state: "starting" });
    display.showStart(trainer, run.picture);
    showLayers();
    refresh();
  };
  const startAgain = () => now.run && start(now.run.trainer);
  const showLayers = () => {
    const { run, layers } = now;
    if (run === undefined || layers === undefined) return;
    if ("problem" in layers) display.showNoNetwork(layers.problem);
    else display.showNetwork(run.watch(layers));
  };
  display.play.addEventListener("click", () => {
    if (now.state === "done" || now.state === "failed") startAgain();
    now.isPlaying = !now.isPlaying;
    refresh();
    clearTimeout(now.timer);
    // If the worker is not ready yet, training starts when the worker reports that it is ready.
    if (now.isPlaying) goOn();
  });
  display.step.addEventListener("click", () => go("step"));
  display.epoch.addEventListener("click", () => go({ milliseconds: 0 }));
  display.reset.addEventListener("click", () => {
    now.isPlaying = false;
    startAgain();
  });
  refresh();
  return {
    element: display.panel,
    save() {
      now.run?.save();
      return now.run !== undefined;
    },
    setStale: (isStale) => void display.panel.classList.toggle("stale", isStale),
    showLayers(layers) {
      now.layers = layers;
      showLayers();
    },
    show(trainer) {
      display.panel.classList.remove("stale");
      // If only comments or spaces have changed, the model is still the same, so training continues.
      if (now.run !== undefined && isSame(now.run.trainer, trainer)) return false;
      Object.assign(now, { isPlaying: false, layers: undefined });
      if (trainer.problem === undefined) start(trainer);
      else {
        stop();
        now.state = "failed";
        display.showProblem(trainer.problem);
        refresh();
      }
      return true;
    },
  };
}

/** Shows what the worker has reported, and reports it to the page. */
function showReply(
  reply: TrainReply,
  { trainer, reports }: TrainingRun,
  now: Playing,
  display: TrainDisplay,
  events: TrainEvents,
): void {
  if (reply.kind === "watched") return;
  if (reply.kind === "saved") return events.onSaved(reply);
  if (reply.kind === "failed") {
    Object.assign(now, { state: "failed", isPlaying: false });
    display.showFailure(reply.message, reply.hasDiverged, events.remedy());
    if (reply.hasDiverged) events.onDiverged();
    return;
  }
  display.showProgress(trainer, reports, reply);
  now.state = reply.kind === "done" ? "done" : "ready";
  if (reply.kind === "done") now.isPlaying = false;
  if (reply.kind === "epochs") events.onProgress(reports, undefined);
  if (reply.kind === "done") events.onProgress(reports, reply.result);
}

/** Whether two trainers have the same spec and the same data. */
const isSame = (a: TrainerScript, b: TrainerScript): boolean =>
  a.facts.specHash === b.facts.specHash &&
  a.filesVersion === b.filesVersion &&
  a.problem === undefined &&
  b.problem === undefined;
