// Rank metrics, which depend on the order of all rows. They are computed from the score and the target of
// each row, because sums over the rows do not suffice.
import type { Machine, Numbers } from "../step/machine.ts";

/**
 * A rank metric. After the evaluation of a batch, the views contain its elements. Elements with count 0 are
 * ignored.
 */
export interface RankedMetric {
  scores: Numbers;
  targets: Numbers;
  counts?: Numbers;
  of(scores: Float64Array, targets: Float64Array): number;
}

/** The scores and targets that an evaluation has collected: the first `length` elements of the arrays. */
interface CollectedRows {
  name: string;
  metric: RankedMetric;
  length: number;
  scores: Float64Array;
  targets: Float64Array;
}

/**
 * Adds the metrics to the machine. An evaluation stores 16 bytes for each evaluated element, or up to twice
 * as much while the arrays grow.
 */
export function rankRows(
  machine: Machine,
  batchSize: number,
  metrics: Readonly<Record<string, RankedMetric>>,
): void {
  const { evaluate, summarise, totals } = machine;
  const kept = Object.entries(metrics).map(([name, metric]): CollectedRows => ({
    name,
    metric,
    length: 0,
    scores: new Float64Array(batchSize),
    targets: new Float64Array(batchSize),
  }));
  Object.assign(machine, {
    evaluate(n: number) {
      // The totals include the number of elements, so they are all 0 only at the beginning of an evaluation.
      const isFirst = totals.every((total) => total === 0);
      evaluate(n);
      for (const each of kept) {
        if (isFirst) each.length = 0;
        const { scores, targets, counts } = each.metric;
        const size = (n * scores.length) / batchSize;
        if (each.length + size > each.scores.length) {
          each.scores = grown(each.scores, size);
          each.targets = grown(each.targets, size);
        }
        for (let i = 0; i < size; i++) {
          if (counts?.[i] === 0) continue;
          each.scores[each.length] = scores[i]!;
          each.targets[each.length++] = targets[i]!;
        }
      }
    },
    summarise() {
      const values = kept.map(({ name, metric, length, scores, targets }) => [
        name,
        metric.of(scores.subarray(0, length), targets.subarray(0, length)),
      ]);
      return Object.assign(summarise(), Object.fromEntries(values));
    },
  });
}

/** Returns a copy of at least twice the length, with room for `more` additional numbers. */
function grown(list: Float64Array, more: number): Float64Array {
  const copy = new Float64Array(2 * list.length + more);
  copy.set(list);
  return copy;
}

/** Returns the ranks, counted from 1. Equal values get the mean of their ranks. */
function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && !(values[order[end]!]! > values[order[start]!]!)) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
  }
  return ranks;
}

/**
 * The area under the ROC curve, from the ranks of the P scores with target 1 among all P + N scores: (Σ
 * ranks − P (P + 1) / 2) / (P · N). NaN if one of the two classes is missing or a score is NaN.
 */
export function areaUnderCurve(scores: Float64Array, targets: Float64Array): number {
  const ranks = ranksOf(scores);
  let [positive, sum] = [0, 0];
  for (let i = 0; i < targets.length; i++) {
    if (Number.isNaN(scores[i])) return NaN;
    if (targets[i] !== 1) continue;
    positive++;
    sum += ranks[i]!;
  }
  return (sum - (positive * (positive + 1)) / 2) / (positive * (targets.length - positive));
}

/** Spearman's rank correlation. NaN if all scores or all targets are equal, or if a score is NaN. */
export function rankCorrelation(scores: Float64Array, targets: Float64Array): number {
  if (scores.some(Number.isNaN)) return NaN;
  const [x, y] = [ranksOf(scores), ranksOf(targets)];
  const mean = (scores.length + 1) / 2;
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const [dx, dy] = [x[i]! - mean, y[i]! - mean];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
