/**
 * The course of a training as a chart: the losses over the epochs, the best epoch marked, and below them the
 * metrics.
 */
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { scaleFor, type Chart, type Panel, type Series } from "./chart.ts";

/**
 * `reports` in the order of their epochs. Parts that were not set aside and metrics that the spec has not are
 * not drawn.
 */
export function curvesChart(title: string, reports: readonly EpochReport[]): Chart {
  const bestEpoch = reports.findLast(({ best }) => best)?.epoch;
  const marks = bestEpoch === undefined ? [] : [{ x: bestEpoch, label: `best epoch ${bestEpoch}` }];
  const panelOf = (name: string, series: readonly Series[], scale: "linear" | "log"): Panel => ({
    title: name,
    x: { label: "epoch", isWhole: true },
    y: { label: name, scale },
    series,
    marks,
  });
  const curve = (name: string, figure: (report: EpochReport) => number | undefined): Series => ({
    name,
    points: reports.flatMap((report) => {
      const value = figure(report);
      return value === undefined ? [] : [[report.epoch, value] as const];
    }),
  });
  const both = (figure: string, ofTraining: (report: EpochReport) => number): Series[] =>
    [curve("training", ofTraining), curve("validation", ({ validation }) => validation?.[figure])].filter(
      ({ points }) => points.length > 0,
    );
  const losses = both("loss", ({ loss }) => loss);
  const metrics = Object.keys(reports[0]?.metrics ?? {});
  return {
    title,
    panels: [
      panelOf("loss", losses, scaleFor(losses.flatMap(({ points }) => points.map(([, y]) => y)))),
      ...metrics.map((name) =>
        panelOf(
          name,
          both(name, (report) => report.metrics[name]),
          "linear",
        ),
      ),
    ],
  };
}
