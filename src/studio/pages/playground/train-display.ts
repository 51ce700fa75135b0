/** The elements of the training panel, and functions that show the state of training in them. */
import "./train.css";
import type { Pace, TrainReply, TrainerScript } from "../../browser/messages.ts";
import { figureText, resultText, type TrainingResult } from "../../../runtime/training/train-on.ts";
import { naiveText } from "../../../runtime/training/ruled-training.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { element } from "../shared/element.ts";
import { drawLosses } from "./curve-chart.ts";

export type TrainState = "starting" | "ready" | "busy" | "done" | "failed";

/** What the buttons depend on. */
interface ButtonState {
  readonly state: TrainState;
  readonly isPlaying: boolean;
  /** There is a model to train. */
  readonly hasTraining: boolean;
  /** The model of the editor's text: it is the shown one, or the text is being compiled, or it has no model. */
  readonly textModel: "shown" | "compiling" | "none";
}

/** How long a worker trains between two frames, in milliseconds; "step" is one step. It trains at least one epoch. */
const slowMotion = "slow motion";
const speeds: Readonly<Record<string, Pace>> = {
  [slowMotion]: "step",
  "one epoch per frame": { milliseconds: 0 },
  "maximum speed": { milliseconds: 60 },
};
const firstSpeed = "one epoch per frame";

/** A change of the spec that could help, as a button. */
export interface Remedy {
  readonly label: string;
  act(): void;
}

type Progress = Exclude<TrainReply, { kind: "failed" } | { kind: "watched" }>;

export function trainDisplay() {
  const button = (text: string, kind?: string) => element("button", { type: "button", class: kind }, text);
  const [play, step, epoch, reset] = [
    button("Train", "primary"),
    button("One step"),
    button("One epoch"),
    button("Reset"),
  ];
  const speed = speedChooser();
  const status = element("output", { class: "status", "aria-live": "off" });
  const failure = element("div", { class: "failure", role: "alert", hidden: true });
  const chart = element("div", { class: "losses" });
  const picture = element("div", { class: "model-picture" });
  const network = element("div", { class: "network-picture" });
  const outcome = element("pre", { class: "outcome", hidden: true });
  const panel = element(
    "div",
    { class: "train" },
    element("div", { class: "controls" }, play, step, epoch, reset, ...speed.elements),
    status,
    failure,
    element("div", { class: "figures" }, picture, network, element("div", {}, chart, chartKey(), outcome)),
  );
  const showStatus = (text: string, isWrong = false) => {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
    failure.hidden = true;
  };
  return {
    panel,
    play,
    step,
    epoch,
    reset,
    pace: speed.pace,
    waitBetweenSteps: speed.wait,
    showState({ state, isPlaying, hasTraining, textModel }: ButtonState) {
      const isOver = state === "done" || state === "failed";
      play.textContent = isPlaying ? "Pause" : isOver && hasTraining ? "Train again" : "Train";
      // While the text is being compiled, Train waits for its model.
      const hasNothing =
        textModel === "none" || (textModel === "shown" && state === "failed" && !hasTraining);
      play.disabled = hasNothing && !isPlaying;
      step.disabled = epoch.disabled = isOver || isPlaying || textModel !== "shown";
      reset.disabled = !hasTraining || textModel !== "shown";
      panel.dataset.state = isPlaying ? "playing" : state;
    },
    showStart({ training }: TrainerScript, view: HTMLElement | undefined) {
      outcome.hidden = true;
      picture.replaceChildren(...(view ? [view] : []));
      network.replaceChildren();
      drawLosses(chart, [], training.epochs);
      showStatus("");
    },
    /** Shows why there is nothing to train. */
    showProblem(problem: string) {
      for (const host of [picture, network, chart]) host.replaceChildren();
      outcome.hidden = true;
      showStatus(problem, true);
    },
    showFailure(message: string, hasDiverged: boolean, remedy: Remedy | undefined) {
      showStatus(message, true);
      failure.replaceChildren(...failureParts(hasDiverged, remedy));
      failure.hidden = false;
    },
    showNetwork: (view: HTMLElement) => network.replaceChildren(view),
    showNoNetwork: (problem: string) =>
      network.replaceChildren(
        element("p", { class: "quiet" }, `There is no picture of the network. ${problem}`),
      ),
    showProgress({ training: { epochs } }: TrainerScript, reports: readonly EpochReport[], reply: Progress) {
      const last = reports.at(-1);
      if (reply.kind === "step") return showStatus(stepLine(reply.report, epochs));
      showStatus(last === undefined ? `ready: ${epochs} epochs to train` : epochLine(last, epochs));
      if (reply.kind !== "ready") drawLosses(chart, reports, epochs);
      if (reply.kind === "done") showOutcome(outcome, reply.result);
    },
  };
}

const chartKey = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    element("span", { class: "of-training" }, "— training loss"),
    element("span", { class: "of-validation" }, "— validation loss"),
  );

export type TrainDisplay = ReturnType<typeof trainDisplay>;

/** The choice of the speed, and for slow motion the number of steps a second. */
function speedChooser() {
  const speed = element(
    "select",
    { "aria-label": "Speed" },
    ...Object.keys(speeds).map((name) => element("option", { selected: name === firstSpeed }, name)),
  );
  const rate = element("input", { type: "range", min: 1, max: 30, value: 4 });
  const text = element("output", { class: "step-rate" });
  const slow = element("label", { class: "slow", hidden: true }, rate, text);
  const refresh = () => {
    slow.hidden = speed.value !== slowMotion;
    text.textContent = `${rate.value} ${rate.value === "1" ? "step" : "steps"} a second`;
  };
  speed.addEventListener("change", refresh);
  rate.addEventListener("input", refresh);
  refresh();
  return {
    elements: [speed, slow],
    /** How far the worker trains until the next frame. */
    pace: (): Pace => speeds[speed.value] ?? speeds[firstSpeed],
    /** The wait before the next step in milliseconds; 0: the next frame. */
    wait: (): number => (speed.value === slowMotion ? 1000 / Number(rate.value) : 0),
  };
}

/** What to do about a failure. */
function failureParts(hasDiverged: boolean, remedy: Remedy | undefined): Node[] {
  if (!hasDiverged)
    return [
      element("p", {}, "The training worker stopped. Train again starts a new one, from the beginning."),
    ];
  const cause =
    "The loss is no longer a number (NaN): the weights grew without limit. The most likely cause is a learning rate " +
    "that is too high. Lower it, and train again.";
  if (remedy === undefined) return [element("p", {}, cause)];
  const button = element("button", { type: "button" }, remedy.label);
  button.addEventListener("click", () => remedy.act());
  return [element("p", {}, cause), button];
}

const metricsText = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join("  ");

function epochLine({ epoch, loss, metrics, validation }: EpochReport, epochs: number): string {
  const validationText = validation ? `   validation ${metricsText(validation)}` : "";
  return `epoch ${epoch}/${epochs}   training ${metricsText({ loss, ...metrics })}${validationText}`;
}

const stepLine = ({ epoch, loss, soFar }: EpochReport, epochs: number): string =>
  `epoch ${epoch}/${epochs}, step ${soFar?.step} of ${soFar?.steps}   training loss so far ${figureText(loss)}`;

function showOutcome(host: HTMLElement, result: TrainingResult): void {
  host.textContent = naiveText(result, resultText);
  host.hidden = false;
  host.dataset.result = JSON.stringify(result);
}
