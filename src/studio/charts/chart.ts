/**
 * What a chart is: plain figures with names. The same chart can be drawn as SVG (`chart-svg.ts`) or in a
 * terminal (`chart-text.ts`).
 */

import { extent } from "d3-array";

export type Point = readonly [x: number, y: number];

/** Points, joined by a line or each with a dot; where a figure is not finite the line is broken. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly as?: "line" | "dots";
}

/** A place on the x axis that is to be seen: the best epoch, the rate that is named. */
export interface Mark {
  readonly x: number;
  readonly label: string;
}

export interface Axis {
  readonly label: string;
  readonly scale?: "linear" | "log";
  /** Epochs and steps: no tick stands between them. */
  readonly isWhole?: boolean;
  /** Values that it shows whether or not there is a point. */
  readonly reaches?: readonly number[];
}

/** One pair of axes and what is drawn between them. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** A line y = x, where predicted is what is true; both axes are then of one scale. */
  readonly diagonal?: boolean;
}

/** Panels below one another, under one title. */
export interface Chart {
  readonly title: string;
  /** What is to be known beside the title, in smaller letters. */
  readonly subtitle?: string;
  readonly panels: readonly Panel[];
}

/**
 * Figures so large or so near to 0 that their distances and ratios may be no numbers: they have no place in a
 * chart.
 */
const farthest = 1e300;
export const nearest = 1e-300;

/** Whether a point has a place on these axes: finite, and above 0 on a log axis. */
export const canBeDrawn = ({ x, y }: Panel, point: Point): boolean =>
  [x, y].every(({ scale }, i) => Math.abs(point[i]) < farthest && (scale !== "log" || point[i] > nearest));

/**
 * Log where all are above 0 and the largest is a hundred times the smallest or more; what is not finite does
 * not count.
 */
export function scaleFor(values: readonly number[]): "linear" | "log" {
  const [low, high] = extent(values.filter(Number.isFinite));
  return low !== undefined && high !== undefined && low > 0 && high >= 100 * low ? "log" : "linear";
}
