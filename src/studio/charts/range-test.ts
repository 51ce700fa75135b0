/**
 * The learning-rate range test (Smith 2015, "Cyclical Learning Rates for Training Neural Networks"; fastai's
 * lr_find): a fresh trainer takes steps whose rate grows geometrically; the loss first stands still, then
 * falls, then comes apart. What it says is read off here.
 */
import type { Chart, Point } from "./chart.ts";

/** From the lowest rate to the highest, so many steps to each decade. */
export const rateRange = { low: 1e-6, high: 10, perDecade: 20 } as const;

export const rateSteps = Math.round(Math.log10(rateRange.high / rateRange.low) * rateRange.perDecade) + 1;
/** What the rate is multiplied by from step to step. */
export const rateFactor = 10 ** (1 / rateRange.perDecade);
const rateAt = (step: number): number => rateRange.low * rateFactor ** step;

export interface RangeTest {
  readonly rates: readonly number[];
  /** Before the step with each rate. */
  readonly losses: readonly number[];
  /** Each loss among its neighbours. */
  readonly smoothed: readonly number[];
  /** The rate at which the smoothed loss falls steepest against the rate's logarithm; undefined if it never falls. */
  readonly steepest?: number;
  /** The rate at which the smoothed loss is lowest. */
  readonly lowest?: number;
}

/** How much the neighbour of a step counts, against the step itself: 0.8, the one after it 0.64, and so on. */
const closeness = 0.8;
/** Of the first loss: what the loss must fall by to have fallen at all. */
const leastFall = 0.05;

/**
 * Whether the loss has come apart: it is no number, or above four times its lowest and twice its first. The
 * bounds of losses that are below zero are as far above.
 */
export function hasComeApart(losses: readonly number[]): boolean {
  const smoothed = trailing(losses);
  const last = smoothed[smoothed.length - 1];
  if (!Number.isFinite(last)) return true;
  const [first, best] = [losses[0], Math.min(...smoothed)];
  return last > Math.max(4 * best, first + Math.abs(first));
}

/** s_k = Σ_{i ≤ k} c^(k−i) · x_i / Σ_{i ≤ k} c^(k−i): what can be known at step k. */
function trailing(values: readonly number[]): number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = closeness * sum + value;
    weight = closeness * weight + 1;
    return sum / weight;
  });
}

/** s_k = Σ_i c^|k−i| · x_i / Σ_i c^|k−i|: looks both ways, so that a fall is not seen later than it is. */
export function smooth(values: readonly number[]): number[] {
  return values.map((_, k) => {
    let [sum, weight] = [0, 0];
    values.forEach((value, i) => {
      const c = closeness ** Math.abs(k - i);
      sum += c * value;
      weight += c;
    });
    return sum / weight;
  });
}

/**
 * Of the losses from the first step on, those before they come apart: what follows would reach into the
 * smoothed ones before it.
 */
export function readRangeTest(all: readonly number[]): RangeTest {
  const end = all.findIndex((_, step) => hasComeApart(all.slice(0, step + 1)));
  const losses = end < 0 ? all : all.slice(0, end);
  const smoothed = smooth(losses);
  const test = { rates: losses.map((_, step) => rateAt(step)), losses, smoothed };
  const bottom = smoothed.indexOf(Math.min(...smoothed));
  if (bottom < 1 || smoothed[0] - smoothed[bottom] < leastFall * Math.abs(smoothed[0])) return test;
  // Only on the way down to the lowest: after it the loss is coming apart.
  const falls = smoothed.slice(0, bottom).map((value, step) => value - smoothed[step + 1]);
  return { ...test, steepest: rateAt(falls.indexOf(Math.max(...falls))), lowest: rateAt(bottom) };
}

/** What is far above all losses before the lowest is left out: drawn to its scale, the fall would be a flat line. */
export function rangeTestChart(
  title: string,
  { rates, losses, smoothed, steepest, lowest }: RangeTest,
): Chart {
  const bottom = lowest === undefined ? losses.length : rates.indexOf(lowest);
  const [low, high] = [Math.min(...smoothed), Math.max(...losses.slice(0, bottom + 1))];
  const ceiling = high + (high - low) / 2;
  const at = (values: readonly number[]): Point[] =>
    values.flatMap((value, step) => (value <= ceiling ? [[rates[step], value] as const] : []));
  const mark = (x: number | undefined, label: string) => (x === undefined ? [] : [{ x, label }]);
  return {
    title,
    panels: [
      {
        title: "loss against learning rate",
        x: { label: "learning rate", scale: "log" },
        y: { label: "loss" },
        series: [
          { name: "smoothed", points: at(smoothed) },
          { name: "loss of a batch", points: at(losses), as: "dots" },
        ],
        marks: [...mark(steepest, "steepest"), ...mark(lowest, "lowest")],
      },
    ],
  };
}
