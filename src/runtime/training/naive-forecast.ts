// The naive forecast, with which the model of a series is compared. It is the last value of the past or, with
// a season of m rows, the value one season before:
//
//   p(T + h) = y(T + h − m k)      with the smallest k for which T + h − m k ≤ T; m = 1 without a season
import type { ForecastNaively } from "../data/dataset.ts";
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

/** As for the model, the loss is computed from the scaled target, and mae and rmse are in original units. */
export const forecastNaively: ForecastNaively = ({ training, data, model }, fields, windows) => {
  const { name, scales } = fields[fields.length - 1]!;
  const { horizon, season = 1, naiveLoss } = data.windowRule ?? { horizon: 1 };
  const values = windows[name]!;
  const view = windowViewOf(values);
  if (view === undefined) return {};
  const size = values.length / view.starts.length;
  const sums: ForecastSums = { count: 0, errors: 0, squares: 0, total: 0, totalSquares: 0, hits: 0 };
  const width = size / horizon;
  for (const start of view.starts)
    for (let i = 0; i < size; i++) {
      const back = season * (Math.floor(i / width / season) + 1);
      const value = view.rows[start + i]!;
      const error = view.rows[start + i - back * width]! - value;
      // A class of −1 is a missing label.
      if (model.targets[name]!.classes !== undefined && value < 0) continue;
      sums.count++;
      sums.errors += Math.abs(error);
      sums.squares += error * error;
      sums.total += value;
      sums.totalSquares += value * value;
      if (error === 0) sums.hits++;
    }
  const [{ span } = { span: 1 }] = scales ?? [];
  const metrics = training.metrics.flatMap((metric) => {
    const unit = metric === "mae" || metric === "rmse" ? span : 1;
    return metric in naiveFigures ? [[metric, naiveFigures[metric]!(sums) * unit] as const] : [];
  });
  return {
    ...(naiveLoss && { loss: naiveFigures[naiveLoss]!(sums) }),
    ...Object.fromEntries(metrics),
  };
};
