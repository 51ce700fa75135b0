/**
 * Renders a chart as SVG: the title, then the panels from top to bottom, each with axes, grid, marks and
 * legend. Equal charts produce identical bytes.
 */
import type { Chart, Mark, Panel } from "./chart.ts";
import { plotOf, type Curve, type Plot } from "./plot.ts";
import { seriesColours } from "../palette.ts";
import { element, legend, legendHeight, pageSvg, pageWidth, textAt } from "./svg.ts";
import type { Block } from "./svg.ts";

const width = pageWidth;
const plotHeight = 230;
const margin = { left: 72, right: 24, head: 30, foot: 56 } as const;
/** Space above the plot for the labels of marks. */
const markHeight = 16;

export const chartSvg = ({ title, subtitle, panels }: Chart): string =>
  pageSvg({ title, subtitle, blocks: panels.map(panelBlock) });

export const panelBlock = (panel: Panel): Block => ({
  height: headOf(panel) + plotHeight + margin.foot,
  svg: (top) => panelSvg(panel, top),
});

const plotWidth = width - margin.left - margin.right;

/** The distance from the top of a panel to its plot. */
const headOf = ({ series, marks = [] }: Panel): number =>
  margin.head + legendHeight(series, plotWidth) + (marks.length > 0 ? markHeight : 0);

function panelSvg(panel: Panel, y: number): string {
  const { title, series, marks = [] } = panel;
  const top = y + headOf(panel);
  const plot = plotOf(panel, {
    left: margin.left,
    right: width - margin.right,
    top,
    bottom: top + plotHeight,
    ticks: [8, 5],
  });
  return element(
    "g",
    {},
    textAt(margin.left, y + 16, title, { class: "panel" }),
    ...legend(series, margin.left, y + margin.head, plotWidth),
    ...gridOf(panel, plot, top),
    ...marks.map((mark) => markSvg(mark, plot, top)),
    ...diagonalSvg(panel, plot),
    ...plot.curves.map(curveSvg),
  );
}

function gridOf(panel: Panel, { x, y }: Plot, top: number): string[] {
  const [right, bottom] = [width - margin.right, top + plotHeight];
  return [
    ...y.ticks.flatMap(({ value, label }) => {
      const at = y.at(value);
      return [
        element("line", { class: "grid", x1: margin.left, x2: right, y1: at, y2: at }),
        textAt(margin.left - 8, at + 4, label, { class: "quiet", "text-anchor": "end" }),
      ];
    }),
    ...x.ticks.flatMap(({ value, label }) => {
      const at = x.at(value);
      return [
        element("line", { class: "axis", x1: at, x2: at, y1: bottom, y2: bottom + 4 }),
        textAt(at, bottom + 18, label, { class: "quiet", "text-anchor": "middle" }),
      ];
    }),
    element("path", { class: "axis", d: `M${margin.left},${top}V${bottom}H${right}` }),
    textAt((margin.left + right) / 2, bottom + 36, panel.x.label, { "text-anchor": "middle" }),
    textAt(0, 0, panel.y.label, {
      "text-anchor": "middle",
      transform: `translate(18 ${top + plotHeight / 2}) rotate(-90)`,
    }),
  ];
}

/**
 * Draws a mark as a vertical line with its label above the plot. The label is on the side of the line that
 * has more room.
 */
function markSvg({ x: value, label }: Mark, { x }: Plot, top: number): string {
  const at = x.at(value);
  const isLeft = at < width / 2;
  return element(
    "g",
    {},
    element("line", { class: "mark", x1: at, x2: at, y1: top, y2: top + plotHeight }),
    textAt(at, top - 5, label, { "text-anchor": isLeft ? "start" : "end" }),
  );
}

function diagonalSvg(panel: Panel, { diagonal }: Plot): string[] {
  if (panel.diagonal !== true) return [];
  if (diagonal === undefined) return [""];
  const [[x1, y1], [x2, y2]] = diagonal;
  return [element("line", { class: "mark", x1, y1, x2, y2 })];
}

function curveSvg(curve: Curve, index: number): string {
  const colour = index % seriesColours.length;
  if ("dots" in curve)
    return element(
      "g",
      { class: `dot dot${colour}` },
      ...curve.dots.map(([cx, cy]) => element("circle", { cx, cy, r: 3 })),
    );
  const dashed = index < seriesColours.length ? "" : " dashed";
  return element("path", { class: `line line${colour}${dashed}`, d: curve.path });
}
