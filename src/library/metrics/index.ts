/** The closed table of metrics. A new one is a definition in this folder and a line here. */
import type { Choice } from "../../util/choice.ts";
import type { Metric } from "../define.ts";
import { accuracy } from "./accuracy.ts";
import { mae, r2, rmse } from "./regression.ts";

export const metrics = { accuracy, mae, rmse, r2 } satisfies Record<string, Metric>;

/** A metric as the canonical spec has it. */
export type MetricChoice = Choice<typeof metrics>;

export const metricOf = ({ type }: MetricChoice): Metric => metrics[type];
