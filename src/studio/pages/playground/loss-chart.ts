/** The curves of a training as it goes: loss of the training part and of the validation part over the epochs. */
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { drawCurves } from "./curve-chart.ts";

/** Draws all reports into the element anew; `epochs` is how many there will be. */
export function drawLosses(host: Element, reports: readonly EpochReport[], epochs: number): void {
  drawCurves(host, {
    label: "Loss over the epochs",
    last: epochs,
    curves: [
      { points: reports.map(({ epoch, loss }) => [epoch, loss]), kind: "of-training" },
      {
        points: reports.flatMap(({ epoch, validation }) => (validation ? [[epoch, validation.loss]] : [])),
        kind: "of-validation",
      },
    ],
  });
}
