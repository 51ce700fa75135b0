/**
 * Numbers of a spec that f32 cannot hold: its options here, the numbers of formulas and functions where the
 * graph is built.
 */
import type { Collector } from "../diagnostics/collector.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { formatPath } from "../diagnostics/path.ts";
import { overflowsSingle, singleRange } from "../ir/types.ts";
import type { Model } from "./types.ts";

/** Whether f32 holds 0 in its place: options that must not be 0, as an epsilon, would be 0 all the same. */
const underflowsSingle = (value: number): boolean => value !== 0 && Math.fround(value) === 0;

/**
 * Reports every number option of layers, loss, metrics, optimizer, regularization and class weights that f32
 * cannot hold.
 */
export function checkNumbers(model: Model, float: "f32" | "f64", problems: Collector): void {
  if (float !== "f32") return;
  const { loss, metrics, optimizer, regularization, training } = model;
  const walk = (value: unknown, path: SpecPath): void => {
    if (typeof value === "number") return checkNumber(value, path, problems);
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) walk(part, [...path, Array.isArray(value) ? +key : key]);
  };
  for (const { path, ...options } of model.network) walk(options, path);
  for (const [key, value] of Object.entries({ loss, metrics, optimizer, regularization })) walk(value, [key]);
  walk(training.classWeights, ["training", "classWeights"]);
}

function checkNumber(value: number, path: SpecPath, problems: Collector): void {
  const isTooLarge = overflowsSingle(value);
  if (!isTooLarge && !underflowsSingle(value)) return;
  const what = isTooLarge ? "does not fit f32" : "is 0 in f32";
  const hint = isTooLarge ? singleRange.most : singleRange.least;
  problems.error(path, "T1313", `${formatPath(path)}: ${value} ${what}`, { hint });
}
