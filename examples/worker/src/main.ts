/** The page: starts the worker, and draws the loss after each epoch. */
import { curvePoints } from "./curve.ts";
import type { EpochReport } from "./model.tapeless.yaml";
import type { Message } from "./worker.ts";

const find = (selector: string): Element => {
  const found = document.querySelector(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
};
const output = find("output");
const reports: EpochReport[] = [];

function draw(): void {
  const training = reports.map(({ loss }) => loss);
  const validation = reports.map((report) => report.validation?.loss ?? NaN).filter(Number.isFinite);
  const top = Math.max(...training, ...validation);
  find("polyline.training").setAttribute("points", curvePoints(training, top));
  find("polyline.validation").setAttribute("points", curvePoints(validation, top));
}

const textOf = (values: Record<string, number>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join("  ");

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
worker.addEventListener("message", ({ data }: MessageEvent<Message>) => {
  if (data.kind === "trained") {
    output.textContent = `trained: ${textOf(data.result)}`;
    return;
  }
  const { report } = data;
  // Epoch 1 begins a training: the first one, or that of an edited spec.
  if (report.epoch === 1) reports.length = 0;
  reports.push(report);
  draw();
  output.textContent = `epoch ${report.epoch}: ${textOf({ loss: report.loss, ...report.metrics })}`;
});
worker.addEventListener("error", ({ message }) => {
  output.textContent = `the training failed: ${message}`;
});
