/**
 * A chart as SVG: title, panels below one another, each with axes, grid, marks and legend. The same chart is
 * the same bytes.
 */
import { line } from "d3-shape";
import { axisScale, type AxisScale } from "./axis-scale.ts";
import { canBeDrawn, type Chart, type Mark, type Panel, type Series } from "./chart.ts";
import { legend, legendHeight } from "./svg-legend.ts";
import { pageSvg, pageWidth, type Block } from "./svg-page.ts";
import { element, textAt } from "./svg.ts";
import { colourCount } from "./svg-style.ts";

const width = pageWidth;
const plotHeight = 230;
const margin = { left: 72, right: 24, head: 30, foot: 56 } as const;
/** Above the plot, for what its marks say. */
const markHeight = 16;

export const chartSvg = ({ title, subtitle, panels }: Chart): string =>
  pageSvg({ title, subtitle, blocks: panels.map(panelBlock) });

export const panelBlock = (panel: Panel): Block => ({
  height: headOf(panel) + plotHeight + margin.foot,
  svg: (top) => panelSvg(panel, top),
});

const plotWidth = width - margin.left - margin.right;

/** From the top of a panel to its plot. */
const headOf = ({ series, marks = [] }: Panel): number =>
  margin.head + legendHeight(series, plotWidth) + (marks.length > 0 ? markHeight : 0);

function panelSvg(panel: Panel, y: number): string {
  const { title, series, marks = [], diagonal } = panel;
  const top = y + headOf(panel);
  const points = series.flatMap((each) => each.points.filter((point) => canBeDrawn(panel, point)));
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  // What is compared value by value is measured alike on both axes.
  const across = diagonal ? [...xs, ...ys] : xs;
  const x = axisScale(panel.x, {
    values: [...across, ...marks.map((mark) => mark.x)],
    range: [margin.left, width - margin.right],
    count: 8,
    isRound: diagonal === true,
  });
  const scaleY = axisScale(panel.y, {
    values: diagonal ? across : ys,
    range: [top + plotHeight, top],
    count: 5,
    isRound: true,
  });
  return element(
    "g",
    {},
    textAt(margin.left, y + 16, title, { class: "panel" }),
    ...legend(series, margin.left, y + margin.head, plotWidth),
    ...gridOf(panel, x, scaleY, top),
    ...marks.map((mark) => markSvg(mark, x, top)),
    ...(diagonal ? [diagonalSvg(across, x, scaleY)] : []),
    ...series.map((each, i) => seriesSvg(panel, each, i, x, scaleY)),
  );
}

function gridOf(panel: Panel, x: AxisScale, y: AxisScale, top: number): string[] {
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

/** The label stands above, and goes on where there is more room. */
function markSvg({ x: value, label }: Mark, x: AxisScale, top: number): string {
  const at = x.at(value);
  const isLeft = at < width / 2;
  return element(
    "g",
    {},
    element("line", { class: "mark", x1: at, x2: at, y1: top, y2: top + plotHeight }),
    textAt(at, top - 5, label, { "text-anchor": isLeft ? "start" : "end" }),
  );
}

function diagonalSvg(values: readonly number[], x: AxisScale, y: AxisScale): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length === 0
    ? ""
    : element("line", { class: "mark", x1: x.at(low), y1: y.at(low), x2: x.at(high), y2: y.at(high) });
}

/** A line with one point would not be seen: that is a dot, too. */
function seriesSvg(panel: Panel, series: Series, index: number, x: AxisScale, y: AxisScale): string {
  const drawn = series.points.filter((point) => canBeDrawn(panel, point));
  const colour = index % colourCount;
  if (series.as === "dots" || drawn.length === 1)
    return element(
      "g",
      { class: `dot dot${colour}` },
      ...drawn.map(([px, py]) => element("circle", { cx: x.at(px), cy: y.at(py), r: 3 })),
    );
  const path = line<readonly [number, number]>()
    .defined((point) => canBeDrawn(panel, point))
    .x(([px]) => x.at(px))
    .y(([, py]) => y.at(py))
    .digits(2);
  const dashed = index < colourCount ? "" : " dashed";
  return element("path", { class: `line line${colour}${dashed}`, d: path(series.points) ?? undefined });
}
