/**
 * Evaluates the losses of a learning-rate range test (Smith 2015, "Cyclical Learning Rates for Training
 * Neural Networks"; fastai's lr_find). In the test, a fresh trainer takes steps while its learning rate grows
 * geometrically. The loss is flat at first, then falls, then diverges.
 */
import type { Chart, Point } from "./chart.ts";

/** The test covers the rates from `low` to `high`, with `perDecade` steps per decade. */
export const rateRange = { low: 1e-6, high: 10, perDecade: 20 } as const;

export const rateSteps = Math.round(Math.log10(rateRange.high / rateRange.low) * rateRange.perDecade) + 1;
/** The ratio between the rates of successive steps. */
export const rateFactor = 10 ** (1 / rateRange.perDecade);
const rateAt = (step: number): number => rateRange.low * rateFactor ** step;

export interface RangeTest {
  readonly rates: readonly number[];
  /** For each rate, the loss before the step at this rate. */
  readonly losses: readonly number[];
  /** The smoothed losses. */
  readonly smoothed: readonly number[];
  /** The rate at which the smoothed loss falls fastest per unit of log rate; undefined if it never falls. */
  readonly steepest?: number;
  /** The rate at which the smoothed loss is smallest. */
  readonly lowest?: number;
}

/** The smoothing factor: for each step of distance, the weight of a loss is multiplied by this factor. */
const decay = 0.8;
/** The loss counts as falling only if it falls by at least this fraction of the first smoothed loss. */
const minFall = 0.05;

/**
 * Whether the smoothed loss has diverged: it is not finite, or it exceeds both four times its minimum and
 * twice the first loss. If the first loss is negative, the second bound is 0.
 */
export function lossesDiverged(losses: readonly number[]): boolean {
  const smoothed = trailing(losses);
  const last = smoothed[smoothed.length - 1];
  if (!Number.isFinite(last)) return true;
  const [first, best] = [losses[0], Math.min(...smoothed)];
  return last > Math.max(4 * best, first + Math.abs(first));
}

/** s_k = Σ_{i ≤ k} c^(k−i) · x_i / Σ_{i ≤ k} c^(k−i): uses only losses up to step k. */
function trailing(values: readonly number[]): number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = decay * sum + value;
    weight = decay * weight + 1;
    return sum / weight;
  });
}

/**
 * s_k = Σ_i c^|k−i| · x_i / Σ_i c^|k−i|: uses losses on both sides of step k. Smoothed losses therefore fall
 * at the same step as the losses, not later.
 */
export function smooth(values: readonly number[]): number[] {
  return values.map((_, k) => {
    let [sum, weight] = [0, 0];
    values.forEach((value, i) => {
      const c = decay ** Math.abs(k - i);
      sum += c * value;
      weight += c;
    });
    return sum / weight;
  });
}

/**
 * Takes the losses of all steps. Only those before the loss diverges are used, because later losses would
 * distort the earlier smoothed values.
 */
export function analyseRangeTest(all: readonly number[]): RangeTest {
  const end = all.findIndex((_, step) => lossesDiverged(all.slice(0, step + 1)));
  const losses = end < 0 ? all : all.slice(0, end);
  const smoothed = smooth(losses);
  const test = { rates: losses.map((_, step) => rateAt(step)), losses, smoothed };
  const bottom = smoothed.indexOf(Math.min(...smoothed));
  if (bottom < 1 || smoothed[0] - smoothed[bottom] < minFall * Math.abs(smoothed[0])) return test;
  // Steps after the minimum are ignored, because the loss rises there.
  const falls = smoothed.slice(0, bottom).map((value, step) => value - smoothed[step + 1]);
  return { ...test, steepest: rateAt(falls.indexOf(Math.max(...falls))), lowest: rateAt(bottom) };
}

/**
 * Draws the range test. Losses far above those before the minimum are omitted: on a scale that includes them,
 * the fall would look flat.
 */
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
