/** Curves over epochs between two axes, drawn anew whenever there is more to show. */
import { line } from "d3-shape";
import { axisScale } from "../../report/axis-scale.ts";
import { canBeDrawn, type Panel, type Point } from "../../report/chart.ts";
import { element, svgElement } from "../shared/element.ts";

/** A level to compare with: across the whole panel, under its label. */
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
/** More names than that tell nobody anything. */
const mostNames = 14;

export function curvePanel(panel: CurvePanel): HTMLElement {
  const shown = panel.series.map((series) => ({
    ...series,
    points: series.points.filter((point) => canBeDrawn(panel, point)),
  }));
  const points = shown.flatMap((series) => series.points);
  const levels = [...points.map(([, y]) => y), ...(panel.guide && points.length > 0 ? [panel.guide.y] : [])];
  const x = axisScale(panel.x, {
    values: points.map(([x]) => x),
    range: [edge.left, width - edge.right],
    count: 6,
    isRound: false,
  });
  const y = axisScale(panel.y, {
    values: levels,
    range: [height - edge.bottom, edge.top],
    count: 5,
    isRound: true,
  });
  const path = line<Point>(
    ([px]) => x.at(px),
    ([, py]) => y.at(py),
  );
  const picture = svgElement("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": saying(panel),
  });
  for (const { value, label } of y.ticks)
    picture.append(
      svgElement("line", { class: "axis-line", x1: edge.left, x2: width - edge.right, y1: y.at(value), y2: y.at(value) }),
      svgElement("text", { x: edge.left - 6, y: y.at(value) + 4, "text-anchor": "end" }, label),
    ); // prettier-ignore
  for (const { value, label } of x.ticks)
    picture.append(svgElement("text", { x: x.at(value), y: height - 8, "text-anchor": "middle" }, label));
  if (panel.guide && points.length > 0) picture.append(...guideLine(panel.guide, y.at(panel.guide.y)));
  shown.forEach(({ name, points }, i) => {
    const faint = name === panel.faint ? " faint" : "";
    const look = `colour${i % colours}${faint}`;
    if (points.length === 1)
      picture.append(
        svgElement("circle", { class: look, cx: x.at(points[0][0]), cy: y.at(points[0][1]), r: 2.5 }),
      );
    else picture.append(svgElement("path", { class: `curve ${look}`, d: path(points) ?? "" }));
  });
  const card = element("section", { class: "card" }, element("h3", {}, panel.title), picture);
  // One curve that is called like its panel needs no name.
  if (shown.some(({ name }) => name !== panel.title)) card.append(legend(shown.map(({ name }) => name)));
  return card;
}

function guideLine({ label }: Guide, y: number): SVGElement[] {
  return [
    svgElement("line", { class: "guide", x1: edge.left, x2: width - edge.right, y1: y, y2: y }),
    svgElement("text", { x: width - edge.right, y: y - 4, "text-anchor": "end" }, label),
  ];
}

function legend(names: readonly string[]): HTMLElement {
  const shown = names
    .slice(0, mostNames)
    .map((name, i) => element("li", { class: `colour${i % colours}` }, name));
  const more = names.length - shown.length;
  if (more > 0) shown.push(element("li", {}, `and ${more} more`));
  return element("ul", { class: "legend" }, ...shown);
}

/** For those who do not see the curves: where each of them stands. */
function saying({ title, series }: Panel): string {
  const ends = series.slice(0, mostNames).flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [`${name} ${last[1].toPrecision(4)} at ${last[0].toPrecision(4)}`];
  });
  return `${title}: ${ends.join(", ")}`;
}
