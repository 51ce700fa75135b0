/** Draws curves over the steps or epochs of a training run, on a logarithmic scale. */
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import type { Panel, Point } from "../../charts/chart.ts";
import { plotSvg } from "../shared/plot-svg.ts";

/** One curve. Points that a log scale cannot show are omitted. */
export interface Curve {
  readonly points: readonly Point[];
  /** A CSS class that sets the colour of the curve; alternatively, `colour` sets it. */
  readonly kind?: string;
  readonly colour?: string;
}

export interface CurveChart {
  /** A description for screen readers. */
  readonly label: string;
  /** The end of the x axis, even if the curves do not reach it yet. */
  readonly last: number;
  readonly curves: readonly Curve[];
  /** A position on the x axis that is marked by a line. */
  readonly mark?: number;
}

/** Replaces the content of the element with the chart. */
export function drawCurves(host: Element, { label, last, curves, mark }: CurveChart): void {
  const panel: Panel = {
    title: label,
    x: { label: "", includes: [0, Math.max(1, last)] },
    y: { label: "", scale: "log" },
    series: curves.map(({ points }) => ({ name: "", points })),
    marks: mark === undefined ? [] : [{ x: mark, label: "" }],
  };
  const curve = (i: number) => ({ class: curves[i].kind ?? "", stroke: curves[i].colour });
  host.replaceChildren(plotSvg(panel, { width: 460, height: 190, label, curve }));
}

/**
 * Replaces the content of the element with a chart of all losses so far. `epochs` is the planned number of
 * epochs.
 */
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
