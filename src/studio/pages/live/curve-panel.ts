/** Curves over epochs between two axes, drawn anew whenever there is more to show. */
import { canBeDrawn } from "../../charts/chart.ts";
import type { Panel } from "../../charts/chart.ts";
import { element } from "../shared/element.ts";
import { plotSvg } from "../shared/plot-svg.ts";

/** A level to compare with: a line across the whole panel. */
export interface Guide {
  readonly y: number;
  readonly label: string;
}

export interface CurvePanel extends Panel {
  readonly guide?: Guide;
  /** The name of the series that stands behind the others. */
  readonly faint?: string;
}

const [width, height] = [480, 210];
const colours = 6;
/** More names than that tell nobody anything: then the colour says how deep in the network a curve belongs. */
const mostNames = 14;
const depths = 10;

/** The look of the ith of so many curves, which are in the order of the network. */
const colourOf = (i: number, count: number): string =>
  count <= mostNames ? `colour${i % colours}` : `depth${Math.floor((i * depths) / count)}`;

export function curvePanel(panel: CurvePanel): HTMLElement {
  const series = panel.series.map(({ points, ...others }) => ({
    ...others,
    points: points.filter((point) => canBeDrawn(panel, point)),
  }));
  const { title, guide, faint } = panel;
  const levels = guide !== undefined && series.some(({ points }) => points.length > 0) ? [guide.y] : [];
  const lookOf = (i: number): string =>
    `${colourOf(i, series.length)}${series[i].name === faint ? " faint" : ""}`;
  const aside = guide === undefined ? "" : `- - - ${guide.label}`;
  const card = element(
    "section",
    { class: "card" },
    element("h3", {}, element("span", {}, title), element("span", { class: "quiet" }, aside)),
    plotSvg(
      { ...panel, marks: [], y: { ...panel.y, reaches: levels }, series },
      { width, height, levels, label: saying({ ...panel, series }), curve: (i) => ({ class: lookOf(i) }) },
    ),
  );
  // One curve that is called like its panel needs no name.
  if (series.some(({ name }) => name !== title)) card.append(legend(series.map(({ name }) => name)));
  return card;
}

function legend(names: readonly string[]): HTMLElement {
  const item = (name: string, look: string) => element("li", { class: look }, name);
  if (names.length <= mostNames)
    return element(
      "ul",
      { class: "legend" },
      ...names.map((name, i) => item(name, colourOf(i, names.length))),
    );
  const between = Array.from({ length: depths - 2 }, (_, i) => item("", `depth${i + 1}`));
  const ends = [item(names[0], "depth0"), item(names[names.length - 1], `depth${depths - 1}`)];
  return element("ul", { class: "legend" }, ends[0], ...between, ends[1]);
}

/** For those who do not see the curves: where each of them stands. */
function saying({ title, series }: Panel): string {
  const ends = series.slice(0, mostNames).flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [`${name} ${last[1].toPrecision(4)} at ${last[0].toPrecision(4)}`];
  });
  return `${title}: ${ends.join(", ")}`;
}
