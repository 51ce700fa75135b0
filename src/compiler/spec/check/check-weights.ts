/** Checks the weights of classes and rows in the loss of each target. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { writtenLosses } from "../written-losses.ts";
import { isOfIdx } from "./check-data.ts";

/** Reports class weights that do not fit the classes (T1221), and sample weights that do not fit an input (T1222). */
export function checkWeights(spec: unknown, problems: Collector): void {
  for (const { target, weights } of writtenLosses(spec)) {
    const [classes, samples] = ["classWeights", "sampleWeights"].map((key) => ({
      path: [...weights.path, key],
      value: member(weights.of, key),
    }));
    if (classes.value !== undefined) checkClassWeights(spec, classes.path, target, classes.value, problems);
    checkSampleWeights(spec, samples.path, textOf(samples.value), problems);
  }
}

/** Checks that the target has as many classes as there are class weights. */
function checkClassWeights(
  spec: unknown,
  path: SpecPath,
  target: string | undefined,
  given: unknown,
  problems: Collector,
): void {
  const report = (message: string, hint?: string) =>
    problems.error(path, "T1221", `${formatPath(path)} ${message}`, { hint });
  const declared = target === undefined ? undefined : member(member(spec, "targets"), target);
  const classes = member(declared, "classes");
  if (declared !== undefined && classes === undefined) report("needs a target with classes");
  const names = keysOf(given);
  const weights = names.length > 0 ? names.map((name) => member(given, name)) : listOf(given);
  if (weights.length > 0 && weights.every((weight) => weight === 0))
    report("must contain a weight greater than 0, because otherwise the model learns nothing");
  if (typeof classes === "number" && weights.length > 0 && weights.length !== classes)
    report(`has ${weights.length} weights, but ${target} has ${classes} classes`);
  if (names.length > 0) checkNamed(member(spec, "data"), target ?? "", report);
}

/** Checks that the data names the classes, in a column of strings, if class weights are given by name. */
function checkNamed(data: unknown, target: string, report: (message: string, hint?: string) => void): void {
  const isText = member(member(member(data, "targets"), target), "nextOf") !== undefined;
  if (data !== undefined && !isOfIdx(data) && !isText) return;
  report(
    "contains class names, but data has no column with the class names of the target",
    "write a list of weights instead, starting with the weight of class 0",
  );
}

/** Checks that sample weights name an input with one number per row. */
function checkSampleWeights(
  spec: unknown,
  path: SpecPath,
  name: string | undefined,
  problems: Collector,
): void {
  if (name === undefined) return;
  const inputs = member(spec, "inputs");
  const known = keysOf(inputs);
  if (!known.includes(name)) {
    const similar = didYouMean(name, known);
    const message = `${formatPath(path)}: unknown input ${showValue(name)}`;
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `declare an input with one number per row: "inputs": { ${showValue(name)}: { "shape": [] } }`;
    problems.error(path, "T1222", message, { hint });
    return;
  }
  const shape = member(member(inputs, name), "shape");
  const isOne = listOf(shape).every((size) => size === 1);
  if (Array.isArray(shape) && (!isOne || member(member(inputs, name), "dtype") === "i32")) {
    const message = `${formatPath(path)}: ${name} must have one real number per row`;
    problems.error(path, "T1222", message, { hint: `write ${showValue(name)}: { "shape": [] }` });
  }
  const scale = textOf(member(member(member(member(spec, "data"), "inputs"), name), "scale"));
  if (scale === undefined) return;
  const message =
    `data.inputs.${name}.scale: "${scale}" cannot scale sample weights, ` +
    "because a weight of 0 would change";
  problems.error(["data", "inputs", name, "scale"], "T1222", message, { hint: "remove it" });
}
