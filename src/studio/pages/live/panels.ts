/** The curve panels of the live page: the selection of curves, and the drawing of a panel. */
import { canBeDrawn } from "../../charts/chart.ts";
import type { Axis, Panel, Point, Series } from "../../charts/chart.ts";
import { curvesChart } from "../../charts/curves.ts";
import type { LiveEventOf, LiveHistory } from "../../charts/live-events.ts";
import { seriesColours } from "../../palette.ts";
import { element } from "../shared/element.ts";
import { plotSvg } from "../shared/plot-svg.ts";

// A panel of curves over epochs. It is drawn again when new data arrives.

/** A reference level: a line across the whole panel. */
interface Guide {
  readonly y: number;
  readonly label: string;
}

interface CurvePanel extends Panel {
  readonly guide?: Guide;
  /** The name of the series that is drawn in a fainter colour. */
  readonly faint?: string;
}

const [width, height] = [480, 210];
const colours = seriesColours.length;
/**
 * The maximum number of names in a legend; a longer legend is hard to read. With more curves, the colour of a
 * curve shows the depth of its layer in the network instead.
 */
const maxNames = 14;
const depths = 10;

/** The CSS class of curve i. Curves are in the order of the layers in the network. */
const colourOf = (i: number, count: number): string =>
  count <= maxNames ? `colour${i % colours}` : `depth${Math.floor((i * depths) / count)}`;

export function curvePanel(panel: CurvePanel): HTMLElement {
  const series = panel.series.map(({ points, ...others }) => ({
    ...others,
    points: points.filter((point) => canBeDrawn(panel, point)),
  }));
  const { title, guide, faint } = panel;
  const levels = guide !== undefined && series.some(({ points }) => points.length > 0) ? [guide.y] : [];
  const styleOf = (i: number): string =>
    `${colourOf(i, series.length)}${series[i].name === faint ? " faint" : ""}`;
  const aside = guide === undefined ? "" : `- - - ${guide.label}`;
  const card = element(
    "section",
    { class: "card" },
    element("h3", {}, element("span", {}, title), element("span", { class: "quiet" }, aside)),
    plotSvg(
      { ...panel, marks: [], y: { ...panel.y, includes: levels }, series },
      {
        width,
        height,
        levels,
        label: descriptionOf({ ...panel, series }),
        curve: (i) => ({ class: styleOf(i) }),
      },
    ),
  );
  // A single curve with the same name as its panel needs no legend.
  if (series.some(({ name }) => name !== title)) card.append(legend(series.map(({ name }) => name)));
  return card;
}

function legend(names: readonly string[]): HTMLElement {
  const item = (name: string, style: string) => element("li", { class: style }, name);
  if (names.length <= maxNames)
    return element(
      "ul",
      { class: "legend" },
      ...names.map((name, i) => item(name, colourOf(i, names.length))),
    );
  const between = Array.from({ length: depths - 2 }, (_, i) => item("", `depth${i + 1}`));
  const ends = [item(names[0], "depth0"), item(names[names.length - 1], `depth${depths - 1}`)];
  return element("ul", { class: "legend" }, ends[0], ...between, ends[1]);
}

/** Describes the last point of each curve in words, for screen readers. */
function descriptionOf({ title, series }: Panel): string {
  const ends = series.slice(0, maxNames).flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [`${name} ${last[1].toPrecision(4)} at ${last[0].toPrecision(4)}`];
  });
  return `${title}: ${ends.join(", ")}`;
}

// The curves that the page shows.

const epochs: Axis = { label: "epoch", isInteger: true };

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
    // The course CS231n, section "Ratio of weights:updates", recommends a ratio of about 1e-3.
    {
      ...ofParameters("‖Δw‖ / ‖w‖ of a step", probes, ({ updateRatio }) => updateRatio),
      guide: { y: 1e-3, label: "1e-3 is typical" },
    },
    ofParameters("‖gradient‖", probes, ({ gradients }) => gradients.norm),
    inactivePanel(probes),
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
