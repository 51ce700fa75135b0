/** Draws a chart panel in a page: grid, ticks, guides, marks and curves, styled by the page's style sheet. */
import { symbol, symbolsFill } from "d3-shape";
import { canBeDrawn } from "../../charts/chart.ts";
import type { Panel, Point } from "../../charts/chart.ts";
import { plotOf, type Plot } from "../../charts/plot.ts";
import { svgElement } from "./element.ts";

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

export interface PlotStyle extends PlotSize {
  /** A description for screen readers. */
  readonly label: string;
  /** Returns the CSS class of a curve. If the class does not set a colour, `stroke` is the colour. */
  curve(index: number): {
    readonly class: string;
    readonly stroke?: string | undefined;
    /** The shape of the symbol at the end of the curve: a number of `symbolPath`. */
    readonly symbol?: number | undefined;
  };
  /** Reference levels: lines across the whole picture. */
  readonly levels?: readonly number[];
  /** A position on the x axis that the reader points at, and the point of each curve there. */
  readonly cursor?: { readonly x: number; readonly points: readonly (Point | undefined)[] } | undefined;
}

const edge = { left: 58, right: 10, top: 8, bottom: 24 };

/** The path of one of several shapes around the origin, which readers can tell apart without colours. */
export const symbolPath = (shape: number): string =>
  symbol(symbolsFill[shape % symbolsFill.length], 46)() ?? "";

const cornerOf = ({ width, height }: PlotSize) => [width - edge.right, height - edge.bottom] as const;

/** The scales of the panel and the positions of its curves, as `plotSvg` draws them. */
export function plotIn(panel: Panel, size: PlotSize): Plot {
  const [right, bottom] = cornerOf(size);
  return plotOf(panel, { ...edge, right, bottom, ticks: [6, 5] });
}

export function plotSvg(panel: Panel, style: PlotStyle): SVGSVGElement {
  const { width, height, label, levels = [], cursor } = style;
  const [right, bottom] = cornerOf(style);
  const plot = plotIn(panel, style);
  const lineBetween = (kind: string, [x1, y1]: Point, [x2, y2]: Point) =>
    svgElement("line", { class: kind, x1, x2, y1, y2 });
  const across = (kind: string, at: number) => lineBetween(kind, [edge.left, at], [right, at]);
  const tick = (text: string, x: number, y: number, anchor: string) =>
    svgElement("text", { class: "tick", x, y, "text-anchor": anchor }, text);
  return svgElement(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "chart" },
    ...plot.y.ticks.map(({ value }) => across("grid", plot.y.at(value))),
    ...plot.y.ticks.map((each) => tick(each.label, edge.left - 6, plot.y.at(each.value) + 4, "end")),
    ...plot.x.ticks.map((each) => tick(each.label, plot.x.at(each.value), height - 8, "middle")),
    ...levels.map((level) => across("guide", plot.y.at(level))),
    ...(plot.diagonal === undefined ? [] : [lineBetween("guide", ...plot.diagonal)]),
    ...(panel.marks ?? []).map(({ x }) =>
      lineBetween("mark-line", [plot.x.at(x), edge.top], [plot.x.at(x), bottom]),
    ),
    ...(cursor === undefined
      ? []
      : [lineBetween("cursor", [plot.x.at(cursor.x), edge.top], [plot.x.at(cursor.x), bottom])]),
    ...plot.curves.flatMap((_, i) => curveElements(panel, plot, style, i)),
  );
}

/** A curve with a symbol at its end and at the cursor, or dots. */
function curveElements(
  panel: Panel,
  plot: Plot,
  { curve: styleOf, cursor }: PlotStyle,
  i: number,
): SVGElement[] {
  const [curve, { class: kind, stroke, symbol: shape }] = [plot.curves[i], styleOf(i)];
  if ("dots" in curve)
    return curve.dots.map(([cx, cy]) => svgElement("circle", { class: kind, cx, cy, r: 2.5, fill: stroke }));
  const isDrawn = (point: Point | undefined): point is Point =>
    point !== undefined && canBeDrawn(panel, point);
  const end = shape === undefined ? undefined : panel.series[i].points.findLast(isDrawn);
  const symbols = [end, cursor?.points[i]].filter(isDrawn).map(([x, y]) =>
    svgElement("path", {
      class: `symbol ${kind}`,
      d: symbolPath(shape ?? 0),
      transform: `translate(${plot.x.at(x)} ${plot.y.at(y)})`,
      fill: stroke,
    }),
  );
  return [svgElement("path", { class: `curve ${kind}`, d: curve.path, stroke }), ...symbols];
}
