/** Draws a chart panel in a page: grid, ticks, guides, marks and curves, styled by the page's style sheet. */
import type { Panel, Point } from "../../charts/chart.ts";
import { plotOf } from "../../charts/plot.ts";
import { svgElement } from "./element.ts";

export interface PlotStyle {
  readonly width: number;
  readonly height: number;
  /** A description for screen readers. */
  readonly label: string;
  /** Returns the CSS class of a curve. If the class does not set a colour, `stroke` is the colour. */
  curve(index: number): { readonly class: string; readonly stroke?: string | undefined };
  /** Reference levels: lines across the whole picture. */
  readonly levels?: readonly number[];
}

const edge = { left: 58, right: 10, top: 8, bottom: 24 };

export function plotSvg(panel: Panel, style: PlotStyle): SVGSVGElement {
  const { width, height, label, levels = [] } = style;
  const [right, bottom] = [width - edge.right, height - edge.bottom];
  const plot = plotOf(panel, { ...edge, right, bottom, ticks: [6, 5] });
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
    ...plot.curves.flatMap((curve, i): SVGElement[] => {
      const { class: kind, stroke } = style.curve(i);
      if ("path" in curve) return [svgElement("path", { class: `curve ${kind}`, d: curve.path, stroke })];
      return curve.dots.map(([cx, cy]) =>
        svgElement("circle", { class: kind, cx, cy, r: 2.5, fill: stroke }),
      );
    }),
  );
}
