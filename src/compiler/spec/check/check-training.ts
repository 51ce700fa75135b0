// Values of `training`, `metrics` and `targets` that are right by themselves but not together.
import type { Collector } from "../../diagnostics/collector.ts";
import { formatPath } from "../../diagnostics/path.ts";
import { metrics as metricsTable } from "../../library/metrics/index.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { showValue } from "../../util/show-value.ts";
import { keysOf, listOf, member, textOf, typeOf } from "../raw-spec.ts";
import { isUsableName } from "./check-names.ts";

/** Reports shares that leave nothing to train on (T1204), an unknown early-stopping metric (T1303), and the like. */
export function checkTraining(spec: unknown, problems: Collector): void {
  const training = member(spec, "training");
  checkFractions(training, problems);
  checkMetrics(spec, problems);
  checkEarlyStopping(spec, training, problems);
  checkPresence(spec, problems);
  checkStratify(spec, training, problems);
}

function checkFractions(training: unknown, problems: Collector): void {
  const test = member(member(training, "test"), "fraction");
  const validation = member(member(training, "validation"), "fraction");
  if (!isShare(test) || !isShare(validation) || test + validation < 1) return;
  const message =
    `training.test.fraction and training.validation.fraction must be below 1 together, got ${test} ` +
    `+ ${validation}`;
  problems.error(["training", "validation", "fraction"], "T1204", message, {
    hint: "both are shares of all rows",
  });
}

const isShare = (value: unknown): value is number => typeof value === "number" && value > 0 && value < 1;

function checkMetrics(spec: unknown, problems: Collector): void {
  const metrics = metricNames(spec);
  listOf(member(spec, "metrics")).forEach((metric, index) => checkMetricName(metric, index, problems));
  metrics.forEach((name, index) => {
    if (name !== undefined && metrics.indexOf(name) < index)
      problems.error(["metrics", index], "T1302", `metrics[${index}] is ${showValue(name)} again`);
  });
}

/** What each metric is called in reports; a formula has a name of its own. */
export const metricNames = (spec: unknown): (string | undefined)[] =>
  listOf(member(spec, "metrics")).map((metric) => {
    const type = typeOf(metric);
    return type === undefined || type === "formula" ? textOf(member(metric, "name")) : type;
  });

function checkMetricName(metric: unknown, index: number, problems: Collector): void {
  const name = textOf(member(metric, "name"));
  if (name === undefined || member(metric, "formula") === undefined) return;
  const path = ["metrics", index, "name"];
  const where = formatPath(path);
  if (!isUsableName(name)) {
    const message =
      `${where} must be a letter, then at most 63 letters, digits, \`_\` or \`-\`, ` +
      `got ${showValue(name)}`;
    problems.error(path, "T1301", message);
  } else if (name === "loss" || Object.hasOwn(metricsTable, name)) {
    const message = `${where} is ${showValue(name)}, which means something else in reports`;
    problems.error(path, "T1302", message, { hint: "give the metric a name of its own" });
  }
}

function checkEarlyStopping(spec: unknown, training: unknown, problems: Collector): void {
  const earlyStopping = member(training, "earlyStopping");
  if (typeof earlyStopping !== "object" || earlyStopping === null) return;
  const metric = textOf(member(earlyStopping, "metric")) ?? "loss";
  const known = ["loss", ...metricNames(spec).filter((name) => name !== undefined)];
  if (!known.includes(metric)) {
    const similar = didYouMean(metric, known);
    const hint = similar ? `did you mean ${showValue(similar)}?` : `"loss", or a name that stands in metrics`;
    const message = `training.earlyStopping.metric: ${showValue(metric)} is not among the metrics of this spec`;
    problems.error(["training", "earlyStopping", "metric"], "T1303", message, { hint });
  }
  if (member(training, "validation") !== undefined) return;
  const message = "training.earlyStopping watches a validation part, and the spec sets none aside";
  const hint = 'add "validation": { "fraction": 0.2 } to training, or give fit() a validation part';
  problems.warning(["training", "earlyStopping"], "T1207", message, { at: "key", hint });
}

/** A network needs something to read and something to learn. */
function checkPresence(spec: unknown, problems: Collector): void {
  const inputs = member(spec, "inputs");
  if (isObject(inputs) && keysOf(inputs).length === 0)
    problems.error(["inputs"], "T1205", "inputs must name at least one input");
  const targets = member(spec, "targets");
  if (!isObject(targets)) return;
  const count = keysOf(targets).length;
  if (count === 0) problems.error(["targets"], "T1205", "targets must name a target");
  if (count > 1) {
    const message = `targets must name one target, got ${count}: known gap: several targets need a loss for each`;
    problems.error(["targets"], "T1901", message);
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Real targets have no classes whose shares could be kept. */
function checkStratify(spec: unknown, training: unknown, problems: Collector): void {
  const targets = member(spec, "targets");
  const withClasses = keysOf(targets).some((name) => member(member(targets, name), "classes") !== undefined);
  if (member(training, "stratify") !== true || withClasses) return;
  problems.error(["training", "stratify"], "T1206", "training.stratify needs a target with classes");
}

// A learning rate that follows the rows of a step: what it is meant for must be said.

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
