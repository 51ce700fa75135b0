/**
 * The live page of a training run. A page that is opened during the run first receives all earlier events.
 */
import "../shared/theme.css";
import "./live.css";
import { LiveHistory, type LiveEvent } from "../../charts/live-events.ts";
import { pageData } from "../shared/page-data.ts";
import { makeBody } from "./body.ts";
import { makeHead, type Connection } from "./head.ts";

/**
 * The minimum pause between two drawings, in milliseconds. If drawing is slow, the pause is longer, so that
 * drawing takes at most a tenth of the time.
 */
const minPause = 300;
const pausePerDrawing = 10;

function showTraining(model: string): void {
  let history = new LiveHistory();
  let connection: Connection = "open";
  const head = makeHead(model, (failed) => void fetch("stop", { method: "POST" }).catch(failed));
  const body = makeBody();
  document.body.append(head.root, ...body.roots);

  const draw = () => {
    head.show(history, connection);
    body.show(history);
  };
  let [isWaiting, pause] = [false, minPause];
  /** Draws once for all events that arrive within the pause. A hidden page draws nothing. */
  const drawSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      if (document.hidden) return;
      const start = performance.now();
      draw();
      pause = Math.max(minPause, pausePerDrawing * (performance.now() - start));
    }, pause);
  };
  const isNow = (now: Connection) => {
    connection = now;
    draw();
  };

  const source = new EventSource("events");
  source.addEventListener("history", ({ data }) => {
    const events: LiveEvent[] = JSON.parse(data);
    history = new LiveHistory();
    for (const event of events) history.add(event);
    isNow("open");
  });
  source.addEventListener("message", ({ data }) => {
    const events: LiveEvent[] = JSON.parse(data);
    for (const event of events) history.add(event);
    drawSoon();
  });
  source.addEventListener("bye", () => {
    source.close();
    isNow("closed");
  });
  source.addEventListener("error", () => isNow("lost"));
  document.addEventListener("visibilitychange", drawSoon);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSoon);
  draw();
}

function modelName(data: unknown): string {
  return typeof data === "object" && data !== null && "model" in data ? String(data.model) : "";
}

showTraining(modelName(pageData()));
