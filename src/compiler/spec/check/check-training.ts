/** Checks combinations of values of `training`, `metrics`, `targets` and weights. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { metrics as metricsTable } from "../../library/metrics/index.ts";
import { showValue } from "../../util/message-text.ts";
import { keysOf, member, textOf } from "../raw-spec.ts";
import { metricNames, writtenLosses } from "../written-losses.ts";
import { checkFigure } from "./check-losses.ts";
import { isUsableName } from "./check-names.ts";

/**
 * Reports combinations such as fractions that leave no training rows (T1204) and an unknown metric for early
 * stopping (T1303).
 */
export function checkTraining(spec: unknown, problems: Collector): void {
  const training = member(spec, "training");
  checkFractions(training, problems);
  for (const { path, metrics } of writtenLosses(spec)) checkMetrics([...path, "metrics"], metrics, problems);
  checkEarlyStopping(spec, training, problems);
  checkKeep(spec, training, problems);
  checkPresence(spec, problems);
  checkStratify(spec, training, problems);
}

function checkFractions(training: unknown, problems: Collector): void {
  const fractionOf = (split: string) => {
    const key = ["fraction", "last"].find((name) => member(member(training, split), name) !== undefined);
    return { key: key ?? "fraction", value: member(member(training, split), key ?? "fraction") };
  };
  const [{ key: tested, value: test }, { key, value: validation }] = ["test", "validation"].map(fractionOf);
  // A fraction of groups is not a fraction of rows.
  const ofGroups = ["test", "validation"].map(
    (split) => member(member(training, split), "group") !== undefined,
  );
  if (ofGroups[0] !== ofGroups[1]) return;
  if (!isFraction(test) || !isFraction(validation) || test + validation < 1) return;
  const message =
    `training.test.${tested} and training.validation.${key} must sum to less than 1, got ${test} ` +
    `+ ${validation}`;
  problems.error(["training", "validation", key], "T1204", message, {
    hint: "both are fractions of all rows; the rest is the training split",
  });
}

const isFraction = (value: unknown): value is number => typeof value === "number" && value > 0 && value < 1;

function checkMetrics(path: SpecPath, metrics: readonly unknown[], problems: Collector): void {
  metrics.forEach((metric, index) => checkMetricName([...path, index, "name"], metric, problems));
  const names = metricNames(metrics);
  names.forEach((name, index) => {
    const own = [...path, index];
    if (name !== undefined && names.indexOf(name) < index)
      problems.error(own, "T1302", `${formatPath(own)}: the metric ${showValue(name)} appears twice`);
  });
}

function checkMetricName(path: SpecPath, metric: unknown, problems: Collector): void {
  const name = textOf(member(metric, "name"));
  if (name === undefined || member(metric, "formula") === undefined) return;
  const where = formatPath(path);
  if (!isUsableName(name)) {
    const message =
      `${where} must be a letter, followed by at most 63 letters, digits, underscores or hyphens, ` +
      `got ${showValue(name)}`;
    problems.error(path, "T1301", message);
  } else if (name === "loss" || Object.hasOwn(metricsTable, name)) {
    const message = `${where} is ${showValue(name)}, which is already the name of a loss or metric in reports`;
    problems.error(path, "T1302", message, { hint: "rename the metric" });
  }
}

const validationHint =
  'add "validation": { "fraction": 0.2 } to training; code that calls fit() may pass validation data instead';

function checkEarlyStopping(spec: unknown, training: unknown, problems: Collector): void {
  const earlyStopping = member(training, "earlyStopping");
  if (typeof earlyStopping !== "object" || earlyStopping === null) return;
  const metric = textOf(member(earlyStopping, "metric")) ?? "loss";
  checkFigure(spec, ["training", "earlyStopping", "metric"], metric, problems);
  if (hasValidation(spec)) return;
  const message = "training.earlyStopping needs a validation split, but the spec has none";
  problems.warning(["training", "earlyStopping"], "T1207", message, { at: "key", hint: validationHint });
}

export const hasValidation = (spec: unknown): boolean =>
  ["training", "data"].some((section) => member(member(spec, section), "validation") !== undefined);

/** Warns if `keep` is "best", but the spec has no validation split that selects the best epoch (T1211). */
function checkKeep(spec: unknown, training: unknown, problems: Collector): void {
  if (textOf(member(training, "keep")) !== "best" || hasValidation(spec)) return;
  if (member(training, "earlyStopping") !== undefined) return;
  const message =
    "training.keep: without a validation split, the best epoch is not known, so the model keeps the last one";
  problems.warning(["training", "keep"], "T1211", message, { at: "key", hint: validationHint });
}

/** Checks that there is at least one input and at least one target. */
function checkPresence(spec: unknown, problems: Collector): void {
  const inputs = member(spec, "inputs");
  if (isObject(inputs) && keysOf(inputs).length === 0)
    problems.error(["inputs"], "T1205", "inputs must have at least one input");
  const targets = member(spec, "targets");
  if (!isObject(targets)) return;
  if (keysOf(targets).length === 0)
    problems.error(["targets"], "T1205", "targets must have at least one target");
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reports stratification by a target without classes. With several targets, rows are stratified by the first
 * one.
 */
function checkStratify(spec: unknown, training: unknown, problems: Collector): void {
  if (member(training, "stratify") !== true) return;
  const targets = member(spec, "targets");
  const names = keysOf(targets);
  const withClasses = names.filter((name) => member(member(targets, name), "classes") !== undefined);
  const report = (message: string, hint?: string) =>
    problems.error(["training", "stratify"], "T1206", `training.stratify ${message}`, { hint });
  if (withClasses.length === 0) report("needs a target with classes");
  else if (names.length > 1 && withClasses[0] !== names[0])
    report(
      `uses the first target, but ${names[0]} has no classes`,
      `move ${withClasses[0]} to the beginning of targets`,
    );
}

// A scaling rule for the learning rate needs the number of rows for which the rate is chosen.

/** Reports a rule without `scaleFrom` (T1223). */
export function checkRate(spec: unknown, problems: Collector): void {
  const rate = member(member(spec, "optimizer"), "learningRate");
  if (member(rate, "rule") === undefined || member(rate, "scaleFrom") !== undefined) return;
  const message =
    "optimizer.learningRate.rule scales the rate with the number of rows per step, but scaleFrom is missing";
  problems.error(["optimizer", "learningRate", "rule"], "T1223", message, {
    at: "key",
    hint: 'add "scaleFrom" with the number of rows per step for which the rate was chosen, such as 32',
  });
}
