/**
 * What a chart is: plain figures with names. The same chart can be drawn as SVG (`chart-svg.ts`) or in a
 * terminal (`chart-text.ts`).
 */
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";

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

interface Axis {
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
const nearest = 1e-300;

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

// From figures to places in a picture: the scale of an axis over the values on it, and the ticks that are labelled.

/** A scale that is settled, as far as drawing needs it. */
export interface AxisScale {
  at(value: number): number;
  /** Where a line and a label stand. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

interface AxisSpan {
  /** All values that stand on it. */
  readonly values: readonly number[];
  /** Where its least and its greatest value are drawn. */
  readonly range: readonly [number, number];
  /** About how many ticks it bears. */
  readonly count: number;
  /** Whether it ends in round numbers, a little beyond the values. */
  readonly isRound: boolean;
}

export function axisScale(axis: Axis, { values, range, count, isRound }: AxisSpan): AxisScale {
  const isLog = axis.scale === "log";
  const scale = (isLog ? scaleLog() : scaleLinear()).domain(domainOf(values, isLog)).range(range);
  if (isRound && !isLog) scale.nice(count);
  const format = scale.tickFormat(count);
  const labelOf = (value: number): string => {
    if (axis.isWhole) return Number.isInteger(value) ? String(value) : "";
    const text = format(value);
    if (isLog && text !== "") return powerText(value);
    return text.length > longest ? exponentText(Number(value.toPrecision(7))) : text;
  };
  // A log axis has more ticks than labels.
  const ticks = scale
    .ticks(count)
    .map((value) => ({ value, label: labelOf(value) }))
    .filter(({ label }) => label !== "");
  return { at: (value) => scale(value), ticks };
}

/** From the smallest to the largest; of nothing, or of one value, something around it. */
function domainOf(values: readonly number[], isLog: boolean): [number, number] {
  const [low, high] = extent(values);
  if (low === undefined || high === undefined) return isLog ? [0.1, 1] : [0, 1];
  if (isLog) return low < high ? [low, high] : [low / 2, low * 2];
  if (high - low > nearest) return [low, high];
  // What is counted or measured and is nothing stands on the axis, not between more and less than nothing.
  if (Math.abs(low) <= nearest) return [0, 1];
  const room = Math.abs(low) / 2;
  return [low - room, low + room];
}

/** What is longer than a million, with its commas, is written with a power of ten. */
const longest = 9;

const exponentText = (value: number): string => value.toExponential().replace("e+", "e");

/** A tick of a log axis: one digit, and how large it is. */
const powerText = (value: number): string => {
  const rounded = Number(value.toPrecision(1));
  return rounded >= 0.001 && rounded < 1e5 ? String(rounded) : exponentText(rounded);
};
