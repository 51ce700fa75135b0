/** Charts of learning curves: losses over the epochs, with the best epoch marked, and the metrics below. */
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { scaleFor } from "./chart.ts";
import type { Chart, Panel, Series } from "./chart.ts";

/** `reports` must be in epoch order. Splits and metrics that the spec lacks are not drawn. */
export function curvesChart(title: string, reports: readonly EpochReport[]): Chart {
  const bestEpoch = reports.findLast(({ best }) => best)?.epoch;
  const marks = bestEpoch === undefined ? [] : [{ x: bestEpoch, label: `best epoch ${bestEpoch}` }];
  const panelOf = (name: string, series: readonly Series[], scale: "linear" | "log"): Panel => ({
    title: name,
    x: { label: "epoch", isInteger: true },
    y: { label: name, scale },
    series,
    marks,
  });
  const curve = (name: string, valueOf: (report: EpochReport) => number | undefined): Series => ({
    name,
    points: reports.flatMap((report) => {
      const value = valueOf(report);
      return value === undefined ? [] : [[report.epoch, value] as const];
    }),
  });
  const both = (metric: string, ofTraining: (report: EpochReport) => number): Series[] =>
    [curve("training", ofTraining), curve("validation", ({ validation }) => validation?.[metric])].filter(
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

// Resamples a line to one height for each column of a character grid, because a terminal cannot show more.

interface Columns {
  /** The column of the first height. */
  readonly start: number;
  readonly heights: readonly number[];
}

/**
 * `points` must be in grid units and sorted by x. The height of a column is the mean of its points; columns
 * without points are interpolated linearly.
 */
export function columnsOf(points: readonly (readonly [x: number, y: number])[]): Columns {
  const known = new Map<number, { sum: number; count: number }>();
  for (const [x, y] of points) {
    const column = Math.round(x);
    const { sum, count } = known.get(column) ?? { sum: 0, count: 0 };
    known.set(column, { sum: sum + y, count: count + 1 });
  }
  const means = [...known]
    .sort(([a], [b]) => a - b)
    .map(([column, { sum, count }]): [number, number] => [column, sum / count]);
  if (means.length === 0) return { start: 0, heights: [] };
  const heights = means.flatMap(([column, height], i) => {
    const [next, nextHeight] = means[i + 1] ?? [column + 1, height];
    const slope = (nextHeight - height) / (next - column);
    return Array.from({ length: next - column }, (_, step) => height + slope * step);
  });
  return { start: means[0][0], heights };
}
