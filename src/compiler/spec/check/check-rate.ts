// A learning rate that follows the rows of a step: what it is meant for must be said.
import type { Collector } from "../../diagnostics/collector.ts";
import { member } from "../raw-spec.ts";

/** Reports a rule without what it goes by (T1223). */
export function checkRate(spec: unknown, problems: Collector): void {
  const rate = member(member(spec, "optimizer"), "learningRate");
  if (member(rate, "rule") === undefined || member(rate, "scaleFrom") !== undefined) return;
  const message =
    "optimizer.learningRate.rule says how the rate follows the rows of a step, but not from which";
  problems.error(["optimizer", "learningRate", "rule"], "T1223", message, {
    at: "key",
    hint: 'add "scaleFrom": 32, the rows for which the rate is meant',
  });
}
