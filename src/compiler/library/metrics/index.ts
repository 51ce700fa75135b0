/** The closed table of metrics. A new one is a definition in this folder and a line here. */
import type { Choice } from "../../util/choice.ts";
import type { Metric } from "../define.ts";
import { accuracy } from "./accuracy.ts";
import { formula } from "./formula.ts";
import { mae, r2, rmse } from "./regression.ts";

export const metrics = { accuracy, mae, rmse, r2, formula } satisfies Record<string, Metric>;

/** A metric as the canonical spec has it. */
export type MetricChoice = Choice<typeof metrics>;

/** The key of a metric in reports: its type, or the name of a formula. */
export const metricName = (metric: MetricChoice): string =>
  metric.type === "formula" ? metric.name : metric.type;

/** The metrics of which early stopping takes higher values for the better ones. */
export const isRising = (metric: MetricChoice): boolean =>
  metric.type === "accuracy" ||
  metric.type === "r2" ||
  (metric.type === "formula" && metric.better === "higher");

export const metricOf = ({ type }: MetricChoice): Metric => metrics[type];
