/**
 * The head of the live page: the model, the progress, the remaining time, and the button that stops training.
 */
import type { LiveHistory } from "../../charts/live-events.ts";
import { element, setAttributes } from "../shared/element.ts";
import { duration, formatNumber } from "./format.ts";

/** The state of the connection to the server. A "lost" connection may be restored; "closed" is final. */
export type Connection = "open" | "lost" | "closed";

export interface Head {
  readonly root: HTMLElement;
  show(history: LiveHistory, connection: Connection): void;
}

/** The message for a connection that is not open. */
const connectionTexts: Readonly<Record<Connection, string | undefined>> = {
  open: undefined,
  lost: "the connection to the server is lost; training has ended or was stopped",
  closed: "the server has stopped",
};

/** The length of the period over which the number of rows per second is measured, in milliseconds. */
const recently = 5000;

const [stopText, stoppingText] = ["Stop training", "Stopping …"];

/** `onStop` sends the request to stop; it calls its argument if the request fails. */
export function makeHead(model: string, onStop: (failed: () => void) => void): Head {
  const state = element("span", { class: "state", role: "status" });
  const button = element("button", { type: "button", disabled: true }, stopText);
  const bar = element("progress", { max: 1, value: 0, "aria-label": "completed epochs" });
  const values = element("dl", { class: "figures" });
  const result = element("pre", { class: "result", hidden: true });
  let [isStopping, hasEnded] = [false, false];
  button.addEventListener("click", () => {
    isStopping = true;
    setAttributes(button, { disabled: true });
    button.textContent = stoppingText;
    onStop(() => {
      isStopping = false;
    });
  });
  const title = element("div", { class: "title" }, element("h1", {}, model), state, button);
  return {
    root: element("header", {}, title, bar, values, result),
    show(history, connection) {
      const [start, end, stage] = [
        history.of("start").at(-1),
        history.of("end").at(-1),
        history.of("stage").at(-1),
      ];
      const last = history.of("epoch").at(-1)?.report;
      const done = last?.epoch ?? start?.epoch ?? 0;
      state.textContent =
        connectionTexts[connection] ??
        end?.outcome ??
        (start === undefined ? `${stage?.name ?? "reading the data"} …` : "training");
      setAttributes(state, { "data-outcome": end?.outcome });
      setAttributes(bar, {
        value: start ? Math.max(done / Math.max(1, start.epochs), end ? 1 : 0) : undefined,
      });
      if (end !== undefined && !hasEnded) [isStopping, hasEnded] = [false, true];
      const canStop = connection === "open" && (start !== undefined || end !== undefined);
      setAttributes(button, { disabled: isStopping || !canStop });
      button.textContent = isStopping ? stoppingText : end === undefined ? stopText : "Stop serving";
      setAttributes(result, { hidden: end === undefined });
      result.textContent = end?.text ?? "";
      values.replaceChildren(
        ...valuesOf(history, done).map(([name, value]) =>
          element("div", {}, element("dt", {}, name), element("dd", {}, value)),
        ),
      );
    },
  };
}

function valuesOf(history: LiveHistory, done: number): [string, string][] {
  const [start, end] = [history.of("start").at(-1), history.of("end").at(-1)];
  if (start === undefined) return [];
  const [epochs, steps, probes] = [history.of("epoch"), history.of("steps"), history.of("probe")];
  const last = epochs.at(-1);
  const rate = steps.at(-1)?.learningRate ?? last?.report.learningRate;
  const best = epochs.findLast(({ report }) => report.best)?.report.epoch;
  const ofOne =
    last === undefined || done <= start.epoch ? undefined : (last.at - start.at) / (done - start.epoch);
  const left = ofOne === undefined ? undefined : Math.max(0, ofOne * (start.epochs - done));
  const rows = rowsPerSecond(history);
  return [
    ["epoch", `${done} of ${start.epochs}`],
    ...(end === undefined && left !== undefined
      ? [["time left", `about ${duration(left)}`] as [string, string]]
      : []),
    ["rows per second", formatNumber(rows && Math.round(rows))],
    ["learning rate", formatNumber(rate)],
    ["best epoch", best === undefined ? "–" : String(best)],
    ["steps", formatNumber(probes.at(-1)?.probe.step)],
    ["parameters", String(start.parameters)],
  ];
}

/** The number of rows per second over the last seconds, or over the whole run if the run is shorter. */
function rowsPerSecond(history: LiveHistory): number | undefined {
  const [start] = history.of("start");
  const steps = history.of("steps");
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const recent = steps.filter(({ at }) => at > last.at - recently);
  const from = recent.length === steps.length ? start.at : steps[steps.length - recent.length - 1].at;
  return recent.reduce((sum, { rows }) => sum + rows, 0) / Math.max(1e-3, (last.at - from) / 1000);
}
