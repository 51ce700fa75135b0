/**
 * A chart as plain data. It can be rendered as SVG (`chart-svg.ts`) or as text for a terminal
 * (`chart-text.ts`).
 */
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";

export type Point = readonly [x: number, y: number];

/** Points joined by a line, or drawn as dots. A value that is not finite breaks the line. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly as?: "line" | "dots";
}

/** A marked position on the x axis, such as the best epoch or the suggested learning rate. */
export interface Mark {
  readonly x: number;
  readonly label: string;
}

export interface Axis {
  readonly label: string;
  readonly scale?: "linear" | "log";
  /** Whether ticks must be whole numbers, as on an axis of epochs or steps. */
  readonly isInteger?: boolean;
  /** Values that the axis always includes, even if no point has them. */
  readonly includes?: readonly number[];
}

/** One pair of axes and the series drawn between them. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Whether to draw the line y = x, on which predictions are exact. Both axes then have the same scale. */
  readonly diagonal?: boolean;
}

/** Panels from top to bottom, under one title. */
export interface Chart {
  readonly title: string;
  /** Additional information below the title, in smaller letters. */
  readonly subtitle?: string;
  readonly panels: readonly Panel[];
}

/** Values beyond these magnitudes are not drawn, because distances and ratios between them can overflow. */
const maxMagnitude = 1e300;
const minMagnitude = 1e-300;

/** Whether these axes can show a point: its values must be finite, and above 0 on a log axis. */
export const canBeDrawn = ({ x, y }: Panel, point: Point): boolean =>
  [x, y].every(
    ({ scale }, i) => Math.abs(point[i]) < maxMagnitude && (scale !== "log" || point[i] > minMagnitude),
  );

/**
 * Returns "log" if all finite values are above 0 and the largest is at least a hundred times the smallest.
 */
export function scaleFor(values: readonly number[]): "linear" | "log" {
  const [low, high] = extent(values.filter(Number.isFinite));
  return low !== undefined && high !== undefined && low > 0 && high >= 100 * low ? "log" : "linear";
}

// Maps values to positions in a picture: the scale of an axis, and its labelled ticks.

/** The scale of an axis, ready for drawing. */
export interface AxisScale {
  at(value: number): number;
  /** The values at which grid lines and labels are drawn. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

interface AxisSpan {
  /** All values that the axis must include. */
  readonly values: readonly number[];
  /** The positions of the smallest and the largest value. */
  readonly range: readonly [number, number];
  /** The approximate number of ticks. */
  readonly count: number;
  /** Whether to extend the axis to round numbers at both ends. */
  readonly isRound: boolean;
}

export function axisScale(axis: Axis, { values, range, count, isRound }: AxisSpan): AxisScale {
  const isLog = axis.scale === "log";
  const scale = (isLog ? scaleLog() : scaleLinear()).domain(domainOf(values, isLog)).range(range);
  if (isRound && !isLog) scale.nice(count);
  const format = scale.tickFormat(count);
  const labelOf = (value: number): string => {
    if (axis.isInteger) return Number.isInteger(value) ? String(value) : "";
    const text = format(value);
    if (isLog && text !== "") return scientificText(value);
    return text.length > maxTickLength ? exponentText(Number(value.toPrecision(7))) : text;
  };
  // Some ticks of a log axis have an empty label; they are dropped.
  const ticks = scale
    .ticks(count)
    .map((value) => ({ value, label: labelOf(value) }))
    .filter(({ label }) => label !== "");
  return { at: (value) => scale(value), ticks };
}

/**
 * The interval from the smallest to the largest value. If all values are equal, the interval surrounds that
 * value. Without values, a default interval is used.
 */
function domainOf(values: readonly number[], isLog: boolean): [number, number] {
  const [low, high] = extent(values);
  if (low === undefined || high === undefined) return isLog ? [0.1, 1] : [0, 1];
  if (isLog) return low < high ? [low, high] : [low / 2, low * 2];
  if (high - low > minMagnitude) return [low, high];
  // Counts and measures are not negative, so if the only value is 0, the axis starts at 0 instead of having
  // it in the middle.
  if (Math.abs(low) <= minMagnitude) return [0, 1];
  const room = Math.abs(low) / 2;
  return [low - room, low + room];
}

/**
 * The maximum length of a tick label, commas included. A number with a longer label, such as 10,000,000, is
 * written with a power of ten.
 */
const maxTickLength = 9;

const exponentText = (value: number): string => value.toExponential().replace("e+", "e");

/** The label of a tick on a log axis, with a power of ten if the number is small or large. */
const scientificText = (value: number): string => {
  const rounded = Number(value.toPrecision(7));
  return rounded >= 0.001 && rounded < 1e5 ? String(rounded) : exponentText(rounded);
};
