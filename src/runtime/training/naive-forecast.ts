// The naive forecast, with which the model of a series is compared. It is the last value of the past or, with
// a season of m rows, the value one season before:
//
//   p(T + h) = y(T + h − m k)      with the smallest k for which T + h − m k ≤ T; m = 1 without a season
import type { DatasetContext, ForecastNaively } from "../data/dataset.ts";
import type { Batch } from "../step/batch.ts";
import { windowViewOf } from "../step/window-rows.ts";

/** Sums over values y and their forecasts p. */
interface ForecastSums {
  count: number;
  /** Σ |p − y| */
  errors: number;
  /** Σ (p − y)² */
  squares: number;
  /** Σ y and Σ y² */
  total: number;
  totalSquares: number;
  /** The number of values with p = y. */
  hits: number;
}

/** The metrics of a naive forecast, for a scaled target. */
const naiveFigures: Readonly<Record<string, (sums: ForecastSums) => number>> = {
  mae: ({ errors, count }) => errors / count,
  mse: ({ squares, count }) => squares / count,
  rmse: ({ squares, count }) => Math.sqrt(squares / count),
  r2: ({ squares, total, totalSquares, count }) => 1 - squares / (totalSquares - (total * total) / count),
  accuracy: ({ hits, count }) => hits / count,
};

/** The sums over all windows. */
function sumsOf({ model, data }: DatasetContext, target: string, windows: Batch): ForecastSums | undefined {
  const { horizon, season = 1 } = data.windowRule ?? { horizon: 1 };
  const { classes } = model.targets[target]!;
  const values = windows[target]!;
  const view = windowViewOf(values);
  if (view === undefined) return undefined;
  const size = values.length / view.starts.length;
  const sums: ForecastSums = { count: 0, errors: 0, squares: 0, total: 0, totalSquares: 0, hits: 0 };
  const width = size / horizon;
  for (const start of view.starts)
    for (let i = 0; i < size; i++) {
      const back = season * (Math.floor(i / width / season) + 1);
      const value = view.rows[start + i]!;
      const error = view.rows[start + i - back * width]! - value;
      // A class of −1 is a missing label.
      if (classes !== undefined && value < 0) continue;
      sums.count++;
      sums.errors += Math.abs(error);
      sums.squares += error * error;
      sums.total += value;
      sums.totalSquares += value * value;
      if (error === 0) sums.hits++;
    }
  return sums;
}

/**
 * As for the model, losses refer to scaled targets, and mae and rmse are in original units. With several
 * targets, the name of each value begins with its target. The weighted sum of the losses is not reported.
 */
export const forecastNaively: ForecastNaively = (context, fields, windows) => {
  const { training, data, model } = context;
  const { naiveLosses = {} } = data.windowRule ?? {};
  const targets = Object.keys(model.targets);
  const sums = new Map(targets.map((target) => [target, sumsOf(context, target, windows)]));
  const figures = ["loss", ...training.metrics].flatMap((name) => {
    const [metric = "", target = targets[0]!] = name.split(".").reverse();
    const own = sums.get(target);
    const measure = naiveLosses[name] ?? metric;
    if (own === undefined || !(measure in naiveFigures)) return [];
    const { scales } = fields.find((field) => field.name === target) ?? {};
    const hasUnit = metric === "mae" || metric === "rmse";
    const unit = hasUnit ? (scales?.[0]?.span ?? 1) : 1;
    return [[name, naiveFigures[measure]!(own) * unit] as const];
  });
  return Object.fromEntries(figures);
};
