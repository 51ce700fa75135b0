/** Which curves the page shows of what it has been told. */
import { curvesChart } from "../../charts/curves.ts";
import type { LiveEventOf, LiveHistory } from "../../charts/live-events.ts";
import type { Point, Series } from "../../charts/chart.ts";
import type { CurvePanel } from "./curve-panel.ts";

const epochs = { label: "epoch", isWhole: true };

export function panelsOf(history: LiveHistory): CurvePanel[] {
  const [steps, probes] = [history.of("steps"), history.of("probe")];
  const reports = history.of("epoch").map(({ report }) => report);
  const [losses, ...metrics] = curvesChart("", reports).panels;
  const rates: Point[] = [...steps, ...reports].map(({ epoch, learningRate }) => [epoch, learningRate]);
  return [
    { ...losses, title: "loss", series: [...losses.series, ...seriesOfSteps(steps)], faint: "steps" },
    ...metrics,
    {
      title: "learning rate",
      x: epochs,
      y: { label: "learning rate" },
      series: [{ name: "learning rate", points: rates.sort(([a], [b]) => a - b) }],
    },
    // CS231n, "Ratio of weights:updates": somewhere around 1e-3.
    {
      ...ofParameters("‖Δw‖ / ‖w‖ of a step", probes, ({ updateRatio }) => updateRatio),
      guide: { y: 1e-3, label: "about 1e-3 is usual" },
    },
    ofParameters("‖gradient‖", probes, ({ gradients }) => gradients.norm),
    idlePanel(probes),
  ].filter(({ series }) => series.some(({ points }) => points.length > 0));
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

function idlePanel(probes: Probes): CurvePanel {
  const [first] = probes;
  const series = (first?.probe.layers ?? []).flatMap(({ name, idle }, i): Series[] => {
    if (idle === undefined) return [];
    const points = probes.flatMap(({ epoch, probe: { layers } }): Point[] => {
      const { units = 0, of = 1 } = layers[i].idle ?? {};
      return [[epoch, (100 * units) / of]];
    });
    return [{ name: `${name} (${idle.rule === "zero" ? "dead" : "saturated"})`, points }];
  });
  return { title: "idle units, % of a layer", x: epochs, y: { label: "%" }, series };
}
