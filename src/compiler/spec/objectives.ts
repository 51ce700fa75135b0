/**
 * The objectives of a model. An objective is a target with the layer that predicts it, the loss that compares
 * the two, and its metrics. A spec has one target with `output`, `loss` and `metrics`, or `losses` with an
 * entry for each target.
 */
import { invariant } from "../diagnostics/errors.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { higherIsBetter, metricName } from "../library/metrics/index.ts";
import type { Loss, Metric, Model, ModelTarget, Training } from "./types.ts";

export interface NamedTarget extends ModelTarget {
  readonly name: string;
}

/** A target, with its prediction, loss and metrics. */
export interface Objective {
  readonly target: NamedTarget;
  /** The name of the layer that predicts the target. */
  readonly output: string;
  readonly loss: Loss;
  /** The factor of the loss in the sum that training minimises. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
  readonly classWeights?: Training["classWeights"];
  readonly sampleWeights?: string | undefined;
  /** The prefix of the names of its loss and metrics in reports: "price." with `losses`, otherwise "". */
  readonly prefix: string;
  readonly paths: ObjectivePaths;
}

/** The locations of the parts of an objective in the spec. */
interface ObjectivePaths {
  readonly loss: SpecPath;
  readonly output: SpecPath;
  readonly metrics: SpecPath;
}

/** The objectives in the order of `losses`. */
export function objectivesOf({ targets, losses, ...model }: Model): readonly Objective[] {
  if (losses === undefined) return [onlyObjective(targets, model)];
  return Object.entries(losses).map(([name, { from, ...keys }]) => {
    const path: SpecPath = ["losses", name];
    return {
      target: { name, ...targets[name] },
      output: from,
      ...keys,
      prefix: `${name}.`,
      paths: { loss: [...path, "loss"], output: [...path, "from"], metrics: [...path, "metrics"] },
    };
  });
}

function onlyObjective(
  targets: Model["targets"],
  { output, loss, metrics = [], training }: Pick<Model, "output" | "loss" | "metrics" | "training">,
): Objective {
  const [[name, target], ...others] = Object.entries(targets);
  invariant(others.length === 0, "a model without losses has one target");
  invariant(output !== undefined && loss !== undefined, "a model without losses has a loss and an output");
  return {
    target: { name, ...target },
    output,
    loss,
    weight: 1,
    metrics,
    classWeights: training.classWeights,
    sampleWeights: training.sampleWeights,
    prefix: "",
    paths: { loss: ["loss"], output: ["output"], metrics: ["metrics"] },
  };
}

/** The names of the layers that losses read. */
export const outputsOf = (model: Model): readonly string[] => objectivesOf(model).map(({ output }) => output);

/** A value in reports other than `loss`: its name, and whether higher values are better. */
export interface Figure {
  readonly name: string;
  readonly higherIsBetter: boolean;
}

/** The values in reports other than `loss`: the metrics and, with `losses`, the loss of each target. */
export const figuresOf = (model: Model): readonly Figure[] =>
  objectivesOf(model).flatMap(({ prefix, metrics }) => [
    ...(prefix === "" ? [] : [{ name: `${prefix}loss`, higherIsBetter: false }]),
    ...metrics.map((metric) => ({
      name: prefix + metricName(metric),
      higherIsBetter: higherIsBetter(metric),
    })),
  ]);
