/**
 * Loss and metrics of a model as nodes: the mean loss of a batch for training, sums over a batch for
 * evaluation, and the values computed from the sums over a data set. Also checks that loss, metrics, target
 * and output fit together.
 */
import { classWeightStorage, sumOfTotal, summaryStorage, totalStorage } from "../ir/storage.ts";
import { invariant } from "../diagnostics/errors.ts";
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node, Output } from "../ir/nodes.ts";
import { isFloat, sameShape, tensorType } from "../ir/types.ts";
import { activationName } from "../library/activations/index.ts";
import { unitStep } from "../library/activations/builtin.ts";
import { fitsClasses, fitsElementwise } from "../library/compare.ts";
import type { Comparison, Fit, Loss, Metric, TargetRange } from "../library/define.ts";
import { alongPositions, hasPositionsOf } from "../library/layers/masks.ts";
import { losses, lossOf } from "../library/losses/index.ts";
import { metricName, metricOf, metrics } from "../library/metrics/index.ts";
import { reportingErrors } from "./formula-diagnostic.ts";
import { inputNode } from "./inputs.ts";
import type { Layer, Model, ModelInput, ModelTarget } from "./types.ts";

export interface NamedTarget extends ModelTarget {
  readonly name: string;
}

/** The target that the loss reads. The checks of the spec ensure that there is exactly one. */
export function onlyTarget({ targets }: Model): NamedTarget {
  const [first, ...others] = Object.entries(targets);
  invariant(first !== undefined && others.length === 0, "a model has one target");
  return { name: first[0], ...first[1] };
}

/** The name of the activation that the layer applies last, if it has one. */
function lastActivation(layer: Layer | undefined): string | undefined {
  if (layer?.type === "dense") return layer.activation.type;
  return layer?.type === "activation" ? activationName(layer.fn) : undefined;
}

/**
 * With the loss `perceptron`, a unit step at the output comes after the loss. The loss reads the value before
 * the step, predictions and metrics read the value after it. The returned model has no such step;
 * `hasOutputStep` is true if its output still needs one.
 */
export function splitOutputStep(model: Model): { readonly model: Model; readonly hasOutputStep: boolean } {
  const outputLayer = model.network.find(({ name }) => name === model.output);
  if (model.loss.type !== "perceptron" || lastActivation(outputLayer) !== "step")
    return { model, hasOutputStep: false };
  const network = model.network.map((layer): Layer => {
    if (layer.name !== model.output) return layer;
    if (layer.type === "dense") return { ...layer, activation: { type: "linear" } };
    return layer.type === "activation" ? { ...layer, fn: "linear", surrogate: undefined } : layer;
  });
  return { model: { ...model, network }, hasOutputStep: true };
}

/** The value that the loss reads, and its real positions. */
export interface NetworkOutput {
  readonly scores: Node;
  readonly mask: Node | undefined;
}

/** The output of `predict`. */
export function predictionOf(g: GraphBuilder, model: Model, scores: Node, hasOutputStep: boolean): Node {
  if (!hasOutputStep) return scores;
  const path = model.network.find(({ name }) => name === model.output)?.path;
  return g.within({ layer: model.output, composite: "step", path }, () => unitStep(g, scores));
}

/** The activation that each loss already contains. */
const doubled: Readonly<Record<string, string>> = {
  "cross-entropy": "softmax",
  "binary-cross-entropy": "sigmoid",
};

/**
 * Reports losses and metrics that do not fit the output and the target, before any graph is built. `shapeHint` says
 * which layer is probably missing if the output has the wrong shape.
 */
export function checkMeasures(
  model: Model,
  target: NamedTarget,
  output: Node,
  hasOutputStep: boolean,
  shapeHint: string | undefined,
  problems: Collector,
): void {
  if (!isFloat(output.type.element)) {
    problems.error(
      ["output"],
      "T1401",
      `the loss needs real numbers, but ${model.output} outputs indices (i32)`,
    );
    return;
  }
  const fit = fitOf(model, target, output, hasOutputStep);
  const refusal = lossOf(model.loss).accepts(fit, model.loss);
  if (refusal !== undefined)
    problems.error(["loss"], "T1401", `loss: ${model.loss.type} ${refusal}`, {
      hint: (output.type.shape.length > 3 ? shapeHint : undefined) ?? fittingText("losses", losses, fit),
      notes: [`the loss compares the output of ${model.output} with the target ${target.name}`],
    });
  model.metrics.forEach((metric, index) => {
    const reason = refusal === undefined ? metricOf(metric).accepts(fit, metric) : undefined;
    if (reason !== undefined)
      problems.error(["metrics", index], "T1402", `metrics[${index}]: ${metricName(metric)} ${reason}`, {
        hint: fittingText("metrics", metrics, fit),
      });
  });
  if (refusal === undefined) checkScaledTarget(model, target, problems);
  const layer = model.network.find(({ name }) => name === model.output);
  const last = lastActivation(layer);
  if (layer === undefined || last === undefined || doubled[model.loss.type] !== last) return;
  const path = [...layer.path, layer.type === "activation" ? "fn" : "activation"];
  const message =
    `${formatPath(layer.path)} applies ${last}, and the loss ${model.loss.type} applies it again, ` +
    "because it expects logits";
  problems.warning(path, "T1403", message, { hint: `remove ${last} from the network` });
}

/** The losses or metrics of the table that fit the output and the target, as a hint. */
function fittingText(
  what: string,
  table: Readonly<Record<string, Loss | Metric>>,
  fit: Fit,
): string | undefined {
  // A formula may compare any shapes, so it would always be in the list.
  const names = Object.keys(table).filter(
    (name) => name !== "formula" && table[name].accepts(fit, {}) === undefined,
  );
  return names.length === 0 ? undefined : `${what} that fit this output and target: ${names.join(", ")}`;
}

// The values of a real target. Some losses and metrics are defined for some values only. The spec cannot say which
// values the data has, so they are checked when it is read.

/** The loss and the metrics that limit the values of a real target, by name. */
function limitsOf({ loss, metrics }: Model, { classes }: ModelTarget) {
  if (classes !== undefined) return [];
  const measures: [string, Loss | Metric][] = [
    [loss.type, lossOf(loss)],
    ...metrics.map((metric): [string, Metric] => [metric.type, metricOf(metric)]),
  ];
  return measures.flatMap(([name, { range }]) => (range === undefined ? [] : [{ name, range }]));
}

/** "a number from 0 to 1", "-1, 0 or 1", "a number of at least 0". */
function rangeText({ lowest, highest, isWhole }: Omit<TargetRange, "otherwise">): string {
  if (highest === undefined) return `a number of at least ${lowest}`;
  if (isWhole !== true) return `a number from ${lowest} to ${highest}`;
  return lowest === 0 ? "0 or 1" : "-1, 0 or 1";
}

/** The values that the target may have, with the end of a message about others; undefined if it may have any. */
export function targetRange(model: Model, name: string) {
  const limits = limitsOf(model, model.targets[name]);
  if (limits.length === 0) return undefined;
  const highest = Math.min(...limits.map(({ range }) => range.highest ?? Infinity));
  const range = {
    lowest: Math.max(...limits.map(({ range }) => range.lowest)),
    ...(highest < Infinity && { highest }),
    ...(limits.some(({ range }) => range.isWhole) && { isWhole: true as const }),
  };
  const names = limits.map((limit) => limit.name).join(" and ");
  const advice = [...new Set(limits.map(({ range }) => range.otherwise))].join("; ");
  const rule = `${rangeText(range)} for ${names}; ${advice}`;
  return { ...range, rule };
}

/**
 * Reports a scale to mean 0 if the loss is not defined for negative targets (T1404), or if a metric counts correct
 * yes-or-no predictions (T1402).
 */
function checkScaledTarget(model: Model, target: NamedTarget, problems: Collector): void {
  const scale = model.data?.targets[target.name]?.scale;
  if (scale !== "standard") return;
  const path = ["data", "targets", target.name, "scale"];
  for (const { name, range } of limitsOf(model, target)) {
    const needed = `${name} needs each target value to be ${rangeText(range)}`;
    const index = model.metrics.findIndex(({ type }) => type === name);
    if (index < 0)
      problems.error(
        path,
        "T1404",
        `${formatPath(path)}: "standard" shifts the mean of the target to 0, but ${needed}`,
        {
          hint: `remove the scale; ${range.otherwise}`,
        },
      );
    else
      problems.error(
        ["metrics", index],
        "T1402",
        `metrics[${index}]: ${needed}, but ${formatPath(path)} changes the values of ${target.name}`,
        { hint: range.otherwise },
      );
  }
}

/** The shapes to compare. After a unit step the output is 0 or 1, so its threshold is one half. */
function fitOf(model: Model, { shape, classes }: NamedTarget, output: Node, isStepped: boolean): Fit {
  const { threshold } = lossOf(model.loss);
  const sizes = output.type.shape.flatMap((size) => (size === "n" ? [] : [size]));
  return {
    target: classes === undefined ? { shape } : { shape, classes },
    output: sizes,
    threshold: isStepped ? 0.5 : threshold,
  };
}

/** The node of the target: real numbers or class indices. */
const targetNode = (g: GraphBuilder, { name, shape, classes }: NamedTarget): Node =>
  g.named(
    name,
    g.within({ path: ["targets", name] }, () =>
      g.input({ name, type: tensorType(classes === undefined ? g.float : "i32", ["n", ...shape]) }),
    ),
  );

/**
 * The target with its padding. A class on padding is −1. A target with `nextOf` has −1 there by itself; it
 * counts the end of a text, too.
 */
function maskedTarget(
  g: GraphBuilder,
  { data }: Model,
  { name, classes }: NamedTarget,
  target: Node,
  mask: Node | undefined,
): Pick<Comparison, "expected" | "isReal"> {
  const isNext = data?.targets[name]?.nextOf !== undefined;
  if (mask === undefined || isNext || !hasPositionsOf(mask, target)) return { expected: target };
  const isReal = alongPositions(g, mask, target.type.shape);
  if (classes === undefined) return { expected: target, isReal };
  return { expected: g.named(`${name}_masked`, g.select(isReal, target, -1)) };
}

/** The operands of a loss or metric. A prediction of shape [n, 1] is reshaped to a target of shape [n]. */
function comparisonOf(
  g: GraphBuilder,
  model: Model,
  target: NamedTarget,
  { scores: prediction, mask }: NetworkOutput,
  isStepped: boolean,
): Comparison {
  const fit = fitOf(model, target, prediction, isStepped);
  const whole = targetNode(g, target);
  const { shape } = whole.type;
  // A user-defined function may compare shapes that fit neither elementwise nor as classes.
  const isAligned = fitsClasses(fit) || sameShape(prediction.type.shape, shape) || !fitsElementwise(fit);
  const aligned = isAligned ? prediction : g.reshape(prediction, { shape });
  const estimate = isStepped ? undefined : lossOf(model.loss).estimate?.(g, aligned);
  const { name } = target;
  return {
    ...fit,
    prediction: aligned,
    estimate: estimate ?? aligned,
    ...maskedTarget(g, model, target, whole, mask),
    name,
    inputs: inputsOf(g, model),
  };
}

/** Adds the weights of rows and classes to the comparison, for a loss. */
function weighed(g: GraphBuilder, { inputs, training }: Model, comparison: Comparison): Comparison {
  const { classWeights, sampleWeights } = training;
  const { classes } = comparison.target;
  return {
    ...comparison,
    ...(sampleWeights !== undefined && { rowWeight: rowsOf(g, sampleWeights, inputs[sampleWeights]) }),
    ...(classWeights !== undefined &&
      classes !== undefined && {
        classWeights: g.named(
          classWeightStorage,
          g.state({ name: classWeightStorage, type: tensorType(g.float, [classes]) }),
        ),
      }),
  };
}

/** An input with one number per row, as a node of shape [n]. */
function rowsOf(g: GraphBuilder, name: string, { shape }: ModelInput): Node {
  const node = inputNode(g, name, tensorType(g.float, ["n", ...shape]));
  return shape.length === 0 ? node : g.reshape(node, { shape: ["n"] });
}

/** The inputs that a formula may read. Inputs that it does not read do not enter the graph. */
const inputsOf = (g: GraphBuilder, { inputs }: Model): Readonly<Record<string, Node>> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => {
      const type = tensorType(dtype === "i32" ? "i32" : g.float, ["n", ...shape]);
      const node = inputNode(g, name, type);
      return [name, dtype === "i32" ? g.cast(node, { element: g.float }) : node];
    }),
  );

/** The loss of a batch in two steps: sums over the batch, and the value computed from these sums. */
export interface LossParts {
  readonly sums: Readonly<Record<string, Node>>;
  /** Computes the loss from sums with the same names, over one batch or several. */
  value(sums: Readonly<Record<string, Node>>): Node;
}

/** The sums of a batch, and its mean loss. */
export function meanLoss(
  g: GraphBuilder,
  model: Model,
  target: NamedTarget,
  output: NetworkOutput,
): LossParts & { readonly mean: Node } {
  const loss = lossOf(model.loss);
  const within = <T>(build: () => T): T => g.within({ composite: model.loss.type, path: ["loss"] }, build);
  return within(() => {
    const comparison = weighed(g, model, comparisonOf(g, model, target, output, false));
    const entries = Object.entries(loss.sums(g, comparison, model.loss));
    const sums = Object.fromEntries(entries.map(([name, sum]) => [name, g.named(`loss_${name}`, sum)]));
    const value: LossParts["value"] = (of) => within(() => loss.value(g, of, model.loss, comparison));
    return { sums, value, mean: value(sums) };
  });
}

/** A total of evaluation. It is an f64, so that sums over many batches stay accurate. */
const totalState = (g: GraphBuilder, name: string): Node =>
  g.named(name, g.state({ name, type: tensorType("f64", []) }));

/**
 * Builds with `composite` as the origin of the nodes. If the user's loss or metric has an error, reports the
 * error and returns undefined.
 */
const measured = <T>(
  g: GraphBuilder,
  problems: Collector,
  composite: string,
  path: SpecPath,
  build: () => T,
): T | undefined => reportingErrors(problems, path, () => g.within({ composite, path }, build));

/** Adds the sums of a batch to the totals, such as `totals:loss.count`. */
export function evaluationOutputs(
  g: GraphBuilder,
  model: Model,
  target: NamedTarget,
  output: NetworkOutput,
  hasOutputStep: boolean,
  problems: Collector,
): Output[] {
  const loss = lossOf(model.loss);
  const prediction = predictionOf(g, model, output.scores, hasOutputStep);
  const added = (measure: string, sums: Readonly<Record<string, Node>>): Output[] =>
    Object.entries(sums).map(([name, sum]) => {
      const storage = totalStorage(measure, name);
      const named = g.named(`${measure}_${name}`, sum);
      const exact = sum.type.element === "f64" ? named : g.cast(named, { element: "f64" });
      return { storage, node: g.named(`totals_${measure}_${name}`, g.add(totalState(g, storage), exact)) };
    });
  const ofLoss = measured(g, problems, model.loss.type, ["loss"], () =>
    added("loss", loss.sums(g, weighed(g, model, comparisonOf(g, model, target, output, false)), model.loss)),
  );
  const ofMetrics = model.metrics.flatMap((metric, index) =>
    measured(g, problems, metric.type, ["metrics", index], () => {
      const stepped = { ...output, scores: prediction };
      const comparison = comparisonOf(g, model, target, stepped, hasOutputStep);
      return added(metricName(metric), metricOf(metric).sums(g, comparison, metric));
    }),
  );
  return [...(ofLoss ?? []), ...ofMetrics.flatMap((output) => output ?? [])];
}

/**
 * The values computed from the totals, such as `result:summary.loss` and `result:summary.accuracy`. Formulas
 * derive their shapes from the output.
 */
export function summaryOutputs(
  g: GraphBuilder,
  model: Model,
  target: NamedTarget,
  output: NetworkOutput,
  hasOutputStep: boolean,
  totals: readonly string[],
  problems: Collector,
): Output[] {
  const sumsOf = (measure: string): Readonly<Record<string, Node>> => {
    const own = totals.flatMap((storage) => {
      const sum = sumOfTotal(measure, storage);
      return sum === undefined ? [] : [[sum, totalState(g, storage)] as const];
    });
    invariant(own.length > 0, `${measure} has no totals`);
    return Object.fromEntries(own);
  };
  const comparison = (isStepped: boolean) => comparisonOf(g, model, target, output, isStepped);
  const summary = (name: string, type: string, path: SpecPath, value: () => Node): Output[] => {
    const node = measured(g, problems, type, path, value);
    return node === undefined
      ? []
      : [{ storage: summaryStorage(name), node: g.named(`summary_${name}`, node) }];
  };
  return [
    ...summary("loss", model.loss.type, ["loss"], () =>
      lossOf(model.loss).value(g, sumsOf("loss"), model.loss, weighed(g, model, comparison(false))),
    ),
    ...model.metrics.flatMap((metric, index) =>
      summary(metricName(metric), metric.type, ["metrics", index], () =>
        metricOf(metric).value(g, sumsOf(metricName(metric)), metric, comparison(hasOutputStep)),
      ),
    ),
  ];
}
