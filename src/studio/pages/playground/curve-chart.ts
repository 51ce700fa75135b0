/** Curves over the steps or epochs of a training, on a logarithmic scale. */
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import type { Point } from "../../charts/chart.ts";
import { plotSvg } from "../shared/plot-svg.ts";

/** One curve; of its points those are left out that a logarithm cannot show. */
export interface Curve {
  readonly points: readonly Point[];
  /** A class that has a colour, or the colour itself. */
  readonly kind?: string;
  readonly colour?: string;
}

export interface CurveChart {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Where the axis ends, whether curves go so far or not yet. */
  readonly last: number;
  readonly curves: readonly Curve[];
  /** A place that is marked by a line. */
  readonly mark?: number;
}

/** Draws all of it into the element anew. */
export function drawCurves(host: Element, { label, last, curves, mark }: CurveChart): void {
  const panel = {
    title: label,
    x: { label: "", reaches: [0, Math.max(1, last)] },
    y: { label: "", scale: "log" as const },
    series: curves.map(({ points }) => ({ name: "", points })),
    marks: mark === undefined ? [] : [{ x: mark, label: "" }],
  };
  const curve = (i: number) => ({ class: curves[i].kind ?? "", stroke: curves[i].colour });
  host.replaceChildren(plotSvg(panel, { width: 460, height: 190, label, curve }));
}

/** Draws the losses of all reports into the element anew; `epochs` is how many there will be. */
export function drawLosses(host: Element, reports: readonly EpochReport[], epochs: number): void {
  drawCurves(host, {
    label: "Loss over the epochs",
    last: epochs,
    curves: [
      { points: reports.map(({ epoch, loss }) => [epoch, loss]), kind: "of-training" },
      {
        points: reports.flatMap(({ epoch, validation }): Point[] =>
          validation ? [[epoch, validation.loss]] : [],
        ),
        kind: "of-validation",
      },
    ],
  });
}
