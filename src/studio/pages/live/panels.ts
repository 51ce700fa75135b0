/** The curve panels of the live page: which curves they have, and how they differ from each other. */
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import type { Axis, Panel, Point, Series } from "../../charts/chart.ts";
import { curvesChart } from "../../charts/curves.ts";
import type { LiveEventOf, LiveHistory } from "../../charts/live-events.ts";

/** A reference level: a line across the whole panel. */
interface Guide {
  readonly y: number;
  readonly label: string;
}

export interface CurvePanel extends Panel {
  readonly guide?: Guide;
  /** The name of the series that is drawn in a fainter colour. */
  readonly faint?: string;
  /** Whether the controls for scale and smoothing apply to the panel: whether it shows losses or metrics. */
  readonly isAdjustable?: boolean;
  /** For each series, its run and its position in the run, if the panel compares several runs. */
  readonly runs?: readonly { readonly run: number; readonly curve: number }[];
}

/** An earlier run, read from its log. */
export interface EarlierRun {
  readonly name: string;
  readonly reports: readonly EpochReport[];
}

const epochs: Axis = { label: "epoch", isInteger: true };

export function panelsOf(history: LiveHistory, earlier: readonly EarlierRun[]): CurvePanel[] {
  const [steps, probes] = [history.of("steps"), history.of("probe")];
  const reports = history.of("epoch").map(({ report }) => report);
  const rates: Point[] = [...steps, ...reports].map(({ epoch, learningRate }) => [epoch, learningRate]);
  const learning =
    earlier.length === 0
      ? ownCurves(reports, steps)
      : comparedCurves([{ name: "this run", reports }, ...earlier]);
  return [
    ...learning,
    {
      title: "learning rate",
      x: epochs,
      y: { label: "learning rate" },
      series: [{ name: "learning rate", points: rates.sort(([a], [b]) => a - b) }],
    },
    // The course CS231n, section "Ratio of weights:updates", recommends a ratio of about 1e-3.
    {
      ...ofParameters("‖Δw‖ / ‖w‖ of a step", probes, ({ updateRatio }) => updateRatio),
      guide: { y: 1e-3, label: "1e-3 is typical" },
    },
    ofParameters("‖gradient‖", probes, ({ gradients }) => gradients.norm),
    inactivePanel(probes),
  ].filter(({ series }) => series.some(({ points }) => points.length > 0));
}

/** The losses and metrics of this run, and the losses of its steps. */
function ownCurves(reports: readonly EpochReport[], steps: readonly LiveEventOf<"steps">[]): CurvePanel[] {
  const [losses, ...metrics] = curvesChart("", reports).panels;
  const loss = {
    ...losses,
    title: "loss",
    series: [...losses.series, ...seriesOfSteps(steps)],
    faint: "steps",
  };
  return [loss, ...metrics].map((panel) => ({ ...panel, isAdjustable: true }));
}

/** The losses and metrics of several runs. */
function comparedCurves(runs: readonly EarlierRun[]): CurvePanel[] {
  const charts = runs.map(({ reports }) => curvesChart("", reports).panels);
  const titles = [...new Set(charts.flat().map(({ title }) => title))];
  return titles.map((title): CurvePanel => {
    const curves = charts.flatMap((panels, run) =>
      (panels.find((panel) => panel.title === title)?.series ?? []).map((series) => ({ run, series })),
    );
    const names = [...new Set(curves.map(({ series }) => series.name))];
    const { x, y } = charts.flat().find((panel) => panel.title === title) ?? {
      x: epochs,
      y: { label: title },
    };
    return {
      title,
      x,
      y,
      isAdjustable: true,
      series: curves.map(({ run, series }) => ({ ...series, name: `${runs[run].name}: ${series.name}` })),
      runs: curves.map(({ run, series }) => ({ run, curve: names.indexOf(series.name) })),
    };
  });
}

const seriesOfSteps = (steps: readonly LiveEventOf<"steps">[]): Series[] =>
  steps.length < 2 ? [] : [{ name: "steps", points: steps.map(({ epoch, loss }) => [epoch, loss]) }];

type Probes = readonly LiveEventOf<"probe">[];
type Parameter = Probes[number]["probe"]["parameters"][number];

function ofParameters(
  title: string,
  probes: Probes,
  of: (parameter: Parameter) => number | undefined,
): CurvePanel {
  const names = probes[0]?.probe.parameters.map(({ name }) => name) ?? [];
  const series = names.map((name, i): Series => ({
    name,
    points: probes.flatMap(({ epoch, probe }): Point[] => {
      const value = of(probe.parameters[i]);
      return value === undefined || value === null ? [] : [[epoch, value]];
    }),
  }));
  return { title, x: epochs, y: { label: title, scale: "log" }, series };
}

function inactivePanel(probes: Probes): CurvePanel {
  const [first] = probes;
  const series = (first?.probe.layers ?? []).flatMap(({ name, idle }, i): Series[] => {
    if (idle === undefined) return [];
    const points = probes.flatMap(({ epoch, probe: { layers } }): Point[] => {
      const { units = 0, of = 1 } = layers[i].idle ?? {};
      return [[epoch, (100 * units) / of]];
    });
    return [{ name: `${name} (${idle.rule === "zero" ? "dead" : "saturated"})`, points }];
  });
  return { title: "dead or saturated units, % of a layer", x: epochs, y: { label: "%" }, series };
}
