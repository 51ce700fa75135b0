/**
 * Lays out a panel in a frame: computes the scales of its axes and the positions of ticks, curves and dots.
 * SVG files (`chart-svg.ts`) and pages (`pages/shared/plot-svg.ts`) draw the result.
 */
import { line } from "d3-shape";
import { axisScale, canBeDrawn } from "./chart.ts";
import type { AxisScale, Panel, Point } from "./chart.ts";

/** The area between the axes, and the approximate number of ticks on each. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly ticks: readonly [x: number, y: number];
}

/**
 * The path of a series, or its dots. A series with a single point is drawn as a dot, because a line would be
 * invisible.
 */
export type Curve = { readonly dots: readonly Point[] } | { readonly path: string | undefined };

export interface Plot {
  readonly x: AxisScale;
  readonly y: AxisScale;
  /** One curve per series, in the order of the panel's series. */
  readonly curves: readonly Curve[];
  /** The ends of the line y = x, if the panel has one. */
  readonly diagonal?: readonly [Point, Point];
}

export function plotOf(panel: Panel, { left, right, top, bottom, ticks }: Frame): Plot {
  const { series, marks = [], diagonal } = panel;
  const points = series.flatMap((each) => each.points.filter((point) => canBeDrawn(panel, point)));
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  // A panel with a diagonal compares the values of both axes, so the axes need the same scale.
  const across = diagonal ? [...xs, ...ys] : xs;
  const x = axisScale(panel.x, {
    values: [...across, ...marks.map((mark) => mark.x), ...(panel.x.includes ?? [])],
    range: [left, right],
    count: ticks[0],
    isRound: diagonal === true,
  });
  const y = axisScale(panel.y, {
    values: [...(diagonal ? across : ys), ...(panel.y.includes ?? [])],
    range: [bottom, top],
    count: ticks[1],
    isRound: true,
  });
  const position = ([px, py]: Point): Point => [x.at(px), y.at(py)];
  const path = line<Point>()
    .defined((point) => canBeDrawn(panel, point))
    .x(([px]) => x.at(px))
    .y(([, py]) => y.at(py))
    .digits(2);
  const curves = series.map((each): Curve => {
    const drawn = each.points.filter((point) => canBeDrawn(panel, point));
    if (each.as === "dots" || drawn.length === 1) return { dots: drawn.map(position) };
    return { path: path(each.points) ?? undefined };
  });
  if (diagonal !== true || across.length === 0) return { x, y, curves };
  const [low, high] = [Math.min(...across), Math.max(...across)];
  return { x, y, curves, diagonal: [position([low, low]), position([high, high])] };
}
