/**
 * The losses as the spec contains them before it is validated: one for the only target, or one for each
 * target.
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { keysOf, listOf, member, textOf, typeOf } from "./raw-spec.ts";

/** The loss of a target, with everything that belongs to it. The values are not validated yet. */
export interface WrittenLoss {
  /** Undefined if the spec has no target. */
  readonly target: string | undefined;
  /** The location of `loss` and `metrics` in the spec: [] or ["losses", target]. */
  readonly path: SpecPath;
  readonly loss: unknown;
  readonly metrics: readonly unknown[];
  /** The object that contains `classWeights` and `sampleWeights`, and its location. */
  readonly weights: { readonly of: unknown; readonly path: SpecPath };
  /** The prefix of the names of its loss and metrics in reports. */
  readonly prefix: string;
}

/** Whether the spec has `losses`, so that the names of losses and metrics contain the target. */
export const hasLosses = (spec: unknown): boolean => member(spec, "losses") !== undefined;

export function writtenLosses(spec: unknown): readonly WrittenLoss[] {
  const losses = member(spec, "losses");
  if (losses === undefined) {
    const [target] = keysOf(member(spec, "targets"));
    const metrics = listOf(member(spec, "metrics"));
    const weights = { of: member(spec, "training"), path: ["training"] };
    return [{ target, path: [], loss: member(spec, "loss"), metrics, weights, prefix: "" }];
  }
  return keysOf(losses).map((target) => {
    const entry = member(losses, target);
    const path = ["losses", target];
    const metrics = listOf(member(entry, "metrics"));
    const weights = { of: entry, path };
    return { target, path, loss: member(entry, "loss"), metrics, weights, prefix: `${target}.` };
  });
}

/** The name of each metric in reports. The name of a formula is the value of its key `name`. */
export const metricNames = (metrics: readonly unknown[]): (string | undefined)[] =>
  metrics.map((metric) => {
    const type = typeOf(metric);
    return type === undefined || type === "formula" ? textOf(member(metric, "name")) : type;
  });

/** The names of all values in reports of the spec: losses, such as "loss" or "price.loss", and metrics. */
export const writtenFigures = (spec: unknown): readonly string[] => [
  "loss",
  ...writtenLosses(spec).flatMap(({ metrics, prefix }) => [
    ...(prefix === "" ? [] : [`${prefix}loss`]),
    ...metricNames(metrics).flatMap((name) => (name === undefined ? [] : [prefix + name])),
  ]),
];
