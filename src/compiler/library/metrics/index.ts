/**
 * The closed table of metrics, including user-defined metrics as formulas. To add a metric, define it in
 * `builtin.ts`, in `classes.ts` (metrics of classes) or in `ranks.ts` (rank metrics), and add a line here.
 */
import * as z from "zod";
import type { Choice } from "../../util/choice.ts";
import { defineMetric } from "../define.ts";
import type { Metric } from "../define.ts";
import { constantsKey, formulaKey } from "../formula/keys.ts";
import { formulaSums, formulaValue, refuseFormula } from "../formula/measure.ts";
import type { MeasureFunction } from "../formula/measure.ts";
import { accuracy, mae, mape, r2, rmse } from "./builtin.ts";
import { f1, precision, recall, topK } from "./classes.ts";
import { auc, spearman } from "./ranks.ts";

/** A user-defined metric with a name: a formula over predictions in original units. */
const formula = defineMetric({
  name: "formula",
  about: 'a formula over prediction and target, such as "mean(abs(prediction - target) < 1)"',
  keys: {
    name: z.string().describe("The name of the metric in reports."),
    formula: formulaKey<MeasureFunction>(
      "The metric: one number computed from sums and means over all rows.",
    ),
    constants: constantsKey,
    better: z
      .enum(["lower", "higher"])
      .default("lower")
      .describe("Whether lower or higher values are better. Early stopping and searches use this."),
  },
  accepts: refuseFormula,
  sums: (g, comparison, keys) => formulaSums(g, comparison, comparison.estimate, keys),
  value: (g, sums, keys, comparison) => formulaValue(g, sums, comparison, comparison.estimate, keys),
});

export const metrics = {
  accuracy,
  precision,
  recall,
  f1,
  "top-k": topK,
  auc,
  mae,
  mape,
  rmse,
  r2,
  spearman,
  formula,
} satisfies Record<string, Metric>;

/** A metric in the canonical spec. */
type MetricChoice = Choice<typeof metrics>;

/** The name of a metric in reports: its type, the name of its formula, or `top-5` for k = 5. */
export function metricName(metric: MetricChoice): string {
  if (metric.type === "formula") return metric.name;
  return metric.type === "top-k" ? `top-${metric.k}` : metric.type;
}

/** The metrics for which lower values are better. */
const errors: readonly string[] = ["mae", "mape", "rmse"];

/** Whether higher values of the metric are better. */
export const higherIsBetter = (metric: MetricChoice): boolean =>
  metric.type === "formula" ? metric.better === "higher" : !errors.includes(metric.type);

export const metricOf = ({ type }: MetricChoice): Metric => metrics[type];
