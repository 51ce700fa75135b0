/** From figures to places in a picture: the scale of an axis over the values on it, and the ticks that are labelled. */
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { nearest, type Axis } from "./chart.ts";

/** A scale that is settled, as far as drawing needs it. */
export interface AxisScale {
  at(value: number): number;
  /** Where a line and a label stand. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

export interface AxisSpan {
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
