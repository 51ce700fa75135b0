/** Checks combinations of values of `training`, `metrics`, `targets` and weights. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import { metrics as metricsTable } from "../../library/metrics/index.ts";
import { didYouMean, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf, typeOf } from "../raw-spec.ts";
import { isOfIdx } from "./check-data.ts";
import { isUsableName } from "./check-names.ts";

/**
 * Reports combinations such as fractions that leave no training rows (T1204) and an unknown metric for early
 * stopping (T1303).
 */
export function checkTraining(spec: unknown, problems: Collector): void {
  const training = member(spec, "training");
  checkFractions(training, problems);
  checkMetrics(spec, problems);
  checkEarlyStopping(spec, training, problems);
  checkKeep(training, problems);
  checkPresence(spec, problems);
  checkStratify(spec, training, problems);
}

function checkFractions(training: unknown, problems: Collector): void {
  const test = member(member(training, "test"), "fraction");
  const validation = member(member(training, "validation"), "fraction");
  if (!isFraction(test) || !isFraction(validation) || test + validation < 1) return;
  const message =
    `training.test.fraction and training.validation.fraction must sum to less than 1, got ${test} ` +
    `+ ${validation}`;
  problems.error(["training", "validation", "fraction"], "T1204", message, {
    hint: "both are fractions of all rows; the rest is the training split",
  });
}

const isFraction = (value: unknown): value is number => typeof value === "number" && value > 0 && value < 1;

function checkMetrics(spec: unknown, problems: Collector): void {
  const metrics = metricNames(spec);
  listOf(member(spec, "metrics")).forEach((metric, index) => checkMetricName(metric, index, problems));
  metrics.forEach((name, index) => {
    if (name !== undefined && metrics.indexOf(name) < index)
      problems.error(
        ["metrics", index],
        "T1302",
        `metrics[${index}]: the metric ${showValue(name)} appears twice`,
      );
  });
}

/** The name of each metric in reports. A formula has a name of its own. */
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
      `${where} must be a letter, followed by at most 63 letters, digits, underscores or hyphens, ` +
      `got ${showValue(name)}`;
    problems.error(path, "T1301", message);
  } else if (name === "loss" || Object.hasOwn(metricsTable, name)) {
    const message = `${where} is ${showValue(name)}, which is already the name of a loss or metric in reports`;
    problems.error(path, "T1302", message, { hint: "rename the metric" });
  }
}

function checkEarlyStopping(spec: unknown, training: unknown, problems: Collector): void {
  const earlyStopping = member(training, "earlyStopping");
  if (typeof earlyStopping !== "object" || earlyStopping === null) return;
  const metric = textOf(member(earlyStopping, "metric")) ?? "loss";
  const known = ["loss", ...metricNames(spec).filter((name) => name !== undefined)];
  if (!known.includes(metric)) {
    const similar = didYouMean(metric, known);
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `use "loss" or the name of a metric of this spec`;
    const message = `training.earlyStopping.metric: ${showValue(metric)} is not a metric of this spec`;
    problems.error(["training", "earlyStopping", "metric"], "T1303", message, { hint });
  }
  if (hasValidation(training)) return;
  const message = "training.earlyStopping needs a validation split, but the spec has none";
  const hint = 'add "validation": { "fraction": 0.2 } to training, or pass validation data to fit()';
  problems.warning(["training", "earlyStopping"], "T1207", message, { at: "key", hint });
}

const hasValidation = (training: unknown): boolean => member(training, "validation") !== undefined;

/** Warns if the best epoch is wanted, but nothing selects it (T1211). */
function checkKeep(training: unknown, problems: Collector): void {
  if (textOf(member(training, "keep")) !== "best" || hasValidation(training)) return;
  if (member(training, "earlyStopping") !== undefined) return;
  const message =
    "training.keep: without a validation split, the best epoch is not known, so the model keeps the last one";
  const hint = 'add "validation": { "fraction": 0.2 } to training, or pass validation data to fit()';
  problems.warning(["training", "keep"], "T1211", message, { at: "key", hint });
}

/** A network needs at least one input and exactly one target. */
function checkPresence(spec: unknown, problems: Collector): void {
  const inputs = member(spec, "inputs");
  if (isObject(inputs) && keysOf(inputs).length === 0)
    problems.error(["inputs"], "T1205", "inputs must have at least one input");
  const targets = member(spec, "targets");
  if (!isObject(targets)) return;
  const count = keysOf(targets).length;
  if (count === 0) problems.error(["targets"], "T1205", "targets must have exactly one target");
  if (count > 1) {
    const message = `targets must have exactly one target, got ${count}; several targets are not supported yet`;
    problems.error(["targets"], "T1901", message);
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reports stratification without class targets: real targets have no classes to stratify by. */
function checkStratify(spec: unknown, training: unknown, problems: Collector): void {
  const targets = member(spec, "targets");
  const withClasses = keysOf(targets).some((name) => member(member(targets, name), "classes") !== undefined);
  if (member(training, "stratify") !== true || withClasses) return;
  problems.error(["training", "stratify"], "T1206", "training.stratify needs a target with classes");
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

// Class weights need a target with as many classes. Sample weights need an input.

/** Reports class weights that do not fit the classes (T1221), and sample weights that do not fit an input (T1222). */
export function checkWeights(spec: unknown, problems: Collector): void {
  const training = member(spec, "training");
  checkClassWeights(spec, member(training, "classWeights"), problems);
  checkSampleWeights(spec, textOf(member(training, "sampleWeights")), problems);
}

function checkClassWeights(spec: unknown, given: unknown, problems: Collector): void {
  if (given === undefined) return;
  const path = ["training", "classWeights"];
  const report = (message: string, hint?: string) =>
    problems.error(path, "T1221", `training.classWeights ${message}`, { hint });
  const targets = member(spec, "targets");
  const [target] = keysOf(targets);
  const classes = member(member(targets, target), "classes");
  if (target !== undefined && classes === undefined) report("needs a target with classes");
  const names = keysOf(given);
  const weights = names.length > 0 ? names.map((name) => member(given, name)) : listOf(given);
  if (weights.length > 0 && weights.every((weight) => weight === 0))
    report("must contain a weight greater than 0, because the model learns nothing otherwise");
  if (typeof classes === "number" && weights.length > 0 && weights.length !== classes)
    report(`has ${weights.length} weights, but ${target} has ${classes} classes`);
  if (names.length > 0) checkNamed(member(spec, "data"), target, report);
}

/** Class weights by name need data that names the classes: a CSV column of strings. */
function checkNamed(data: unknown, target: string, report: (message: string, hint?: string) => void): void {
  const isText = member(member(member(data, "targets"), target), "nextOf") !== undefined;
  if (data !== undefined && !isOfIdx(data) && !isText) return;
  report(
    "contains class names, but the target has no column of class names in data",
    "write a list of weights instead, starting with the weight of class 0",
  );
}

function checkSampleWeights(spec: unknown, name: string | undefined, problems: Collector): void {
  if (name === undefined) return;
  const path = ["training", "sampleWeights"];
  const inputs = member(spec, "inputs");
  const known = keysOf(inputs);
  if (!known.includes(name)) {
    const similar = didYouMean(name, known);
    const message = `training.sampleWeights: unknown input ${showValue(name)}`;
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `declare an input with one number per row: "inputs": { ${showValue(name)}: { "shape": [] } }`;
    problems.error(path, "T1222", message, { hint });
    return;
  }
  const shape = member(member(inputs, name), "shape");
  const isOne = listOf(shape).every((size) => size === 1);
  if (Array.isArray(shape) && (!isOne || member(member(inputs, name), "dtype") === "i32")) {
    const message = `training.sampleWeights: ${name} must have one real number per row`;
    problems.error(path, "T1222", message, { hint: `write ${showValue(name)}: { "shape": [] }` });
  }
  const scale = textOf(member(member(member(member(spec, "data"), "inputs"), name), "scale"));
  if (scale === undefined) return;
  const message =
    `data.inputs.${name}.scale: "${scale}" cannot scale sample weights, ` +
    "because a weight of 0 would change";
  problems.error(["data", "inputs", name, "scale"], "T1222", message, { hint: "remove it" });
}
