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
  /** The editor's text has changed and is being compiled. The shown model is out of date; `show` or `stop` follows. */
  begin(): void;
  /** The editor's text has no model. */
  stop(): void;
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
  /** The model of the editor's text: it is the shown one, or the text is being compiled, or it has no model. */
  textModel: "shown" | "compiling" | "none";
  /** The user wants to train the editor's text as soon as it is compiled. */
  playsNext: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

export function trainPanel(events: TrainEvents): TrainPanel {
  const display = trainDisplay();
  const now: Playing = {
    run: undefined,
    layers: undefined,
    state: "starting",
    isPlaying: false,
    textModel: "compiling",
    playsNext: false,
  };
  const player = trainPlayer(now, display, events);
  const { refresh, play } = player;
  display.play.addEventListener("click", () => {
    // The shown model is not that of the text: Train waits for the text's model. Pause stops the shown one.
    if (now.textModel === "shown" || now.isPlaying) return play();
    now.playsNext = !now.playsNext;
    refresh();
  });
  display.step.addEventListener("click", () => player.go("step"));
  display.epoch.addEventListener("click", () => player.go({ milliseconds: 0 }));
  display.reset.addEventListener("click", () => {
    now.isPlaying = false;
    player.startAgain();
  });
  refresh();
  return {
    element: display.panel,
    save() {
      now.run?.save();
      return now.run !== undefined;
    },
    begin() {
      now.textModel = "compiling";
      refresh();
    },
    stop() {
      Object.assign(now, { textModel: "none", playsNext: false });
      refresh();
    },
    showLayers(layers) {
      now.layers = layers;
      player.showLayers();
    },
    show(trainer) {
      const { playsNext } = now;
      Object.assign(now, { textModel: "shown", playsNext: false });
      // If only comments or spaces have changed, the model is still the same, so training continues.
      if (now.run !== undefined && isSame(now.run.trainer, trainer)) {
        if (playsNext) play();
        else refresh();
        return false;
      }
      Object.assign(now, { isPlaying: playsNext && trainer.problem === undefined, layers: undefined });
      if (trainer.problem === undefined) player.start(trainer);
      else {
        player.stop();
        now.state = "failed";
        display.showProblem(trainer.problem);
        refresh();
      }
      return true;
    },
  };
}

/** Starts, continues and stops the run of a model, and shows its state. */
function trainPlayer(now: Playing, display: TrainDisplay, events: TrainEvents) {
  const refresh = () => {
    const hasTraining = now.run !== undefined;
    display.panel.classList.toggle("stale", now.textModel !== "shown");
    display.showState({ ...now, isPlaying: now.isPlaying || now.playsNext, hasTraining });
  };
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
  const play = () => {
    if (now.state === "done" || now.state === "failed") startAgain();
    now.isPlaying = !now.isPlaying;
    refresh();
    clearTimeout(now.timer);
    // If the worker is not ready yet, training starts when the worker reports that it is ready.
    if (now.isPlaying) goOn();
  };
  return { refresh, go, start, stop, startAgain, showLayers, play };
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
