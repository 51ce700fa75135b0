// What rows and classes weigh: that the weights belong to something, and are as many as there are classes.
import type { Collector } from "../../diagnostics/collector.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { showValue } from "../../util/show-value.ts";
import { isOfIdx } from "./check-files.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";

/** Reports weights of classes that there are not (T1221), and of rows that no input has (T1222). */
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
    report("must have a weight above 0, or nothing is learned");
  if (typeof classes === "number" && weights.length > 0 && weights.length !== classes)
    report(`has ${weights.length} weights, but ${target} has ${classes} classes`);
  if (names.length > 0) checkNamed(member(spec, "data"), target, report);
}

/** The names are held against those of the data, so there must be data that has names. */
function checkNamed(data: unknown, target: string, report: (message: string, hint?: string) => void): void {
  const isText = member(member(member(data, "targets"), target), "nextOf") !== undefined;
  if (data !== undefined && !isOfIdx(data) && !isText) return;
  report(
    "names classes, but nothing in the spec says which number a name has",
    "give a list, the weight of class 0 first; names are for a column of texts",
  );
}

function checkSampleWeights(spec: unknown, name: string | undefined, problems: Collector): void {
  if (name === undefined) return;
  const path = ["training", "sampleWeights"];
  const inputs = member(spec, "inputs");
  const known = keysOf(inputs);
  if (!known.includes(name)) {
    const similar = didYouMean(name, known);
    const message = `training.sampleWeights: there is no input ${showValue(name)}`;
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `name an input that holds one number a row: "inputs": { ${showValue(name)}: { "shape": [] } }`;
    problems.error(path, "T1222", message, { hint });
    return;
  }
  const shape = member(member(inputs, name), "shape");
  const isOne = listOf(shape).every((size) => size === 1);
  if (Array.isArray(shape) && (!isOne || member(member(inputs, name), "dtype") === "i32")) {
    const message = `training.sampleWeights: ${name} must be one real number a row`;
    problems.error(path, "T1222", message, { hint: `inputs.${name}: { "shape": [] }` });
  }
  const scale = textOf(member(member(member(member(spec, "data"), "inputs"), name), "scale"));
  if (scale === undefined) return;
  const message = `data.inputs.${name}.scale: ${scale} would move weights to where 0 means something else`;
  problems.error(["data", "inputs", name, "scale"], "T1222", message, { hint: "leave it out" });
}
