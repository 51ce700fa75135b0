/** Curves over epochs between two axes, drawn anew whenever there is more to show. */
import { line } from "d3-shape";
import { axisScale } from "../../charts/axis-scale.ts";
import { canBeDrawn, type Panel, type Point } from "../../charts/chart.ts";
import { element, svgElement } from "../shared/element.ts";

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
const edge = { left: 58, right: 10, top: 8, bottom: 24 };
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
  const aside = guide === undefined ? "" : `- - - ${guide.label}`;
  const card = element(
    "section",
    { class: "card" },
    element("h3", {}, element("span", {}, title), element("span", { class: "quiet" }, aside)),
    pictureOf({ ...panel, series }, faint),
  );
  // One curve that is called like its panel needs no name.
  if (series.some(({ name }) => name !== title)) card.append(legend(series.map(({ name }) => name)));
  return card;
}

function pictureOf(panel: CurvePanel, faint: string | undefined): SVGElement {
  const points = panel.series.flatMap((series) => series.points);
  const levels = points.length > 0 && panel.guide !== undefined ? [panel.guide.y] : [];
  const x = axisScale(panel.x, {
    values: points.map(([at]) => at),
    range: [edge.left, width - edge.right],
    count: 6,
    isRound: false,
  });
  const y = axisScale(panel.y, {
    values: [...points.map(([, at]) => at), ...levels],
    range: [height - edge.bottom, edge.top],
    count: 5,
    isRound: true,
  });
  const across = (look: string, at: number) =>
    svgElement("line", { class: look, x1: edge.left, x2: width - edge.right, y1: at, y2: at });
  const label = (text: string, at: Readonly<Record<string, string | number>>) => svgElement("text", at, text);
  const places: Places = { x: ([at]) => x.at(at), y: ([, at]) => y.at(at) };
  return svgElement(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": saying(panel) },
    ...y.ticks.map(({ value }) => across("axis-line", y.at(value))),
    ...y.ticks.map((tick) =>
      label(tick.label, { x: edge.left - 6, y: y.at(tick.value) + 4, "text-anchor": "end" }),
    ),
    ...x.ticks.map((tick) =>
      label(tick.label, { x: x.at(tick.value), y: height - 8, "text-anchor": "middle" }),
    ),
    ...levels.map((level) => across("guide", y.at(level))),
    ...panel.series.map(({ name, points }, i) =>
      curve(points, `${colourOf(i, panel.series.length)}${name === faint ? " faint" : ""}`, places),
    ),
  );
}

/** From a point to its place in the picture. */
interface Places {
  readonly x: (point: Point) => number;
  readonly y: (point: Point) => number;
}

/** One point makes no line. */
function curve(points: readonly Point[], look: string, { x, y }: Places): SVGElement {
  if (points.length === 1)
    return svgElement("circle", { class: look, cx: x(points[0]), cy: y(points[0]), r: 2.5 });
  return svgElement("path", { class: `curve ${look}`, d: line(x, y)(points) ?? "" });
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
