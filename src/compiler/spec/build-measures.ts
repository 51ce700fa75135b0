/**
 * Loss and metrics of a model as nodes: the mean loss of a batch for training, sums over a batch for
 * evaluation, and the values computed from the sums over a data set. Also checks that loss, metrics, target
 * and output fit together.
 */
import { classWeightStorage, pairStorage, sumOfTotal, summaryStorage, totalStorage } from "../ir/storage.ts";
import { invariant } from "../diagnostics/errors.ts";
import type { Collector } from "../diagnostics/errors.ts";
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node, Output } from "../ir/nodes.ts";
import { isFloat, sameShape, sizeOf, tensorType } from "../ir/types.ts";
import type { Shape } from "../ir/types.ts";
import { activationName } from "../library/activations/index.ts";
import { unitStep } from "../library/activations/builtin.ts";
import { fitsClasses, fitsElementwise } from "../library/compare.ts";
import type { Comparison, Fit, Loss, Metric, TargetRange } from "../library/define.ts";
import { alongPositions, hasPositionsOf } from "../library/layers/masks.ts";
import { losses, lossOf } from "../library/losses/index.ts";
import { metricName, metricOf, metrics as metricTable } from "../library/metrics/index.ts";
import { mapValues } from "../util/collections.ts";
import { reportingErrors } from "./formula-diagnostic.ts";
import { inputNode } from "./inputs.ts";
import { objectivesOf } from "./objectives.ts";
import type { NamedTarget, Objective } from "./objectives.ts";
import { sequenceHint, sizeHint } from "./shape-hints.ts";
import type { Layer, Model, ModelInput } from "./types.ts";

/** The name of the activation that the layer applies last, if it has one. */
function lastActivation(layer: Layer | undefined): string | undefined {
  if (layer?.type === "dense") return layer.activation.type;
  return layer?.type === "activation" ? activationName(layer.fn) : undefined;
}

/** An objective, and whether predictions and metrics apply a unit step to the value that its loss reads. */
export interface SteppedObjective extends Objective {
  readonly isStepped: boolean;
}

/**
 * With the loss `perceptron`, the loss reads the value before a unit step at the output, whereas predictions
 * and metrics read the value after it. The returned model has no such step. A step whose value another layer
 * or loss reads remains in the network.
 */
export function splitOutputSteps(model: Model): {
  readonly model: Model;
  readonly objectives: readonly SteppedObjective[];
} {
  const objectives = objectivesOf(model);
  const layerOf = ({ output }: Objective) => model.network.find(({ name }) => name === output);
  const isShared = ({ output }: Objective): boolean =>
    objectives.filter((other) => other.output === output).length > 1 ||
    (objectives.length > 1 && model.network.some(({ from }) => from.includes(output)));
  const split = objectives.map((objective) => ({
    ...objective,
    isStepped:
      objective.loss.type === "perceptron" &&
      lastActivation(layerOf(objective)) === "step" &&
      !isShared(objective),
  }));
  const stepped = split.filter(({ isStepped }) => isStepped).map(({ output }) => output);
  if (stepped.length === 0) return { model, objectives: split };
  const network = model.network.map((layer): Layer => {
    if (!stepped.includes(layer.name)) return layer;
    if (layer.type === "dense") return { ...layer, activation: { type: "linear" } };
    return layer.type === "activation" ? { ...layer, fn: "linear", surrogate: undefined } : layer;
  });
  return { model: { ...model, network }, objectives: split };
}

/** The value that the loss reads, and the mask of its real positions, if it has padding. */
export interface NetworkOutput {
  readonly scores: Node;
  readonly mask: Node | undefined;
}

/** The prediction of a target. */
function predictionOf(
  g: GraphBuilder,
  model: Model,
  { output, isStepped }: SteppedObjective,
  scores: Node,
): Node {
  if (!isStepped) return scores;
  const path = model.network.find(({ name }) => name === output)?.path;
  return g.within({ layer: output, composite: "step", path }, () => unitStep(g, scores));
}

/** An objective, and the value that the network computes for it. */
export type Evaluated = readonly [objective: SteppedObjective, output: NetworkOutput];

/**
 * The output of `predict`: the prediction of the only target. With `losses`, each row consists of the predictions of
 * all targets, one after the other.
 */
export function predictionsOf(g: GraphBuilder, model: Model, evaluated: readonly Evaluated[]): Node {
  const predictions = evaluated.map(([objective, { scores }]) => predictionOf(g, model, objective, scores));
  if (model.losses === undefined) return predictions[0];
  return g.within({ composite: "concat", path: ["targets"] }, () => {
    const [first, ...others] = predictions.map((node) => g.reshape(node, { shape: ["n", rowSize(node)] }));
    return g.named(
      "predictions",
      others.reduce((all, each) => g.concat(all, each, { axis: 1 }), first),
    );
  });
}

/** The number of values in each row of a node. */
const rowSize = ({ type: { shape } }: Node): number => sizeOf(shape, 1);

/** The activation that each loss already contains. */
const doubled: Readonly<Record<string, string>> = {
  "cross-entropy": "softmax",
  "binary-cross-entropy": "sigmoid",
};

/**
 * Reports losses and metrics that do not fit the output and the target, before any graph is built.
 * `shapeHint` names the layer that is probably missing if the output has the wrong shape. `values` are those
 * of the inputs and layers.
 */
export function checkMeasures(
  model: Model,
  objective: SteppedObjective,
  scores: Node,
  shapeHint: string | undefined,
  values: ReadonlyMap<string, Node>,
  problems: Collector,
): void {
  const { target, output, loss, metrics, paths } = objective;
  const lossName = formatPath(paths.loss);
  if (!isFloat(scores.type.element)) {
    const message = `the loss needs real numbers, but ${output} outputs indices (i32)`;
    problems.error(paths.output, "T1401", message);
    return;
  }
  const fit = fitOf(objective, scores, objective.isStepped);
  const refusal = lossOf(loss).accepts(fit, loss);
  if (refusal !== undefined)
    problems.error(paths.loss, "T1401", `${lossName}: ${loss.type} ${refusal}`, {
      hint:
        (scores.type.shape.length > 3 && target.shape.length <= 1 ? shapeHint : undefined) ??
        sequenceHint(model, objective, values) ??
        fittingText("losses", losses, fit) ??
        sizeHint(model, objective, fit, (other) => lossOf(loss).accepts(other, loss) === undefined),
      notes: [`the loss compares the output of ${output} with the target ${target.name}`],
    });
  metrics.forEach((metric, index) => {
    const path = [...paths.metrics, index];
    const reason = refusal === undefined ? metricOf(metric).accepts(fit, metric) : undefined;
    if (reason !== undefined)
      problems.error(path, "T1402", `${formatPath(path)}: ${metricName(metric)} ${reason}`, {
        hint: fittingText("metrics", metricTable, fit),
      });
  });
  if (refusal === undefined) checkScaledTarget(model, objective, problems);
  checkRelativeMetrics(model, objective, problems);
  const layer = model.network.find(({ name }) => name === output);
  const last = lastActivation(layer);
  if (layer === undefined || last === undefined || doubled[loss.type] !== last) return;
  const path = [...layer.path, layer.type === "activation" ? "fn" : "activation"];
  const message =
    `${formatPath(layer.path)} applies ${last}, and the loss ${loss.type} applies it again, ` +
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

// The values of a real target. Some losses and metrics are defined for some values only. The spec does not
// state the values in the data, so they are checked when the data is read.

/** The loss and the metrics that limit the values of a real target, by name. */
function limitsOf({ target, loss, metrics }: Objective) {
  if (target.classes !== undefined) return [];
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

/**
 * The range of the target. Its `rule` completes a message such as "2 is not …". Undefined if every number is
 * valid.
 */
export function targetRange(objective: Objective) {
  const limits = limitsOf(objective);
  if (limits.length === 0) return undefined;
  const highest = Math.min(...limits.map(({ range }) => range.highest ?? Infinity));
  const range = {
    lowest: Math.max(...limits.map(({ range }) => range.lowest)),
    ...(highest < Infinity && { highest }),
    ...(limits.some(({ range }) => range.isWhole) && { isWhole: true as const }),
  };
  const names = limits.map((limit) => limit.name).join(" and ");
  // The advice for the loss is shown rather than that for a metric, because it must be followed first.
  const rule = `${rangeText(range)} for ${names}; ${limits[0].range.otherwise}`;
  return { ...range, rule };
}

/**
 * Reports scaling to mean 0 if the loss is not defined for negative targets (T1404), or if a metric counts
 * correct yes-or-no predictions (T1402).
 */
function checkScaledTarget(model: Model, objective: Objective, problems: Collector): void {
  const { target, metrics, paths } = objective;
  const scale = model.data?.targets[target.name]?.scale;
  if (scale !== "standard") return;
  const path = ["data", "targets", target.name, "scale"];
  for (const { name, range } of limitsOf(objective)) {
    const needed = `${name} needs each target value to be ${rangeText(range)}`;
    const index = metrics.findIndex(({ type }) => type === name);
    if (index < 0) {
      const message = `${formatPath(path)}: "standard" shifts the mean of the target to 0, but ${needed}`;
      problems.error(path, "T1404", message, { hint: `remove the scale; ${range.otherwise}` });
    } else {
      const own = [...paths.metrics, index];
      const message = `${formatPath(own)}: ${needed}, but ${formatPath(path)} changes the values of ${target.name}`;
      problems.error(own, "T1402", message, { hint: range.otherwise });
    }
  }
}

/** Reports metrics of relative errors (T1402) if the scale of the target does not map 0 to 0. */
function checkRelativeMetrics(
  model: Model,
  { target, metrics, paths }: Objective,
  problems: Collector,
): void {
  const scale = model.data?.targets[target.name]?.scale;
  if (typeof scale !== "string") return;
  metrics.forEach((metric, index) => {
    if (metricOf(metric).isRelative !== true) return;
    const path = formatPath(["data", "targets", target.name, "scale"]);
    problems.error(
      [...paths.metrics, index],
      "T1402",
      `${formatPath([...paths.metrics, index])}: ${metricName(metric)} divides by the target, ` +
        `but ${path} "${scale}" does not keep 0 at 0`,
      { hint: 'use "scale": { "divide": … }, or no scale' },
    );
  });
}

/** The shapes to compare. After a unit step the output is 0 or 1, so its threshold is one half. */
function fitOf({ target: { shape, classes }, loss }: Objective, scores: Node, isStepped: boolean): Fit {
  const { threshold } = lossOf(loss);
  const sizes = scores.type.shape.flatMap((size) => (size === "n" ? [] : [size]));
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
 * The target, with its padding excluded. Padding gets the class −1. A target with `nextOf` already has −1 on
 * padding, and its end-of-text tokens count.
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

/**
 * The operands of a loss or metric. For a target of shape [n], a prediction of shape [n, 1] is reshaped to
 * [n].
 */
function comparisonOf(
  g: GraphBuilder,
  model: Model,
  objective: Objective,
  { scores: prediction, mask }: NetworkOutput,
  isStepped: boolean,
): Comparison {
  const { target, loss } = objective;
  const fit = fitOf(objective, prediction, isStepped);
  const whole = targetNode(g, target);
  const { shape } = whole.type;
  // A user-defined function may compare shapes that fit neither elementwise nor as classes.
  const isAligned = fitsClasses(fit) || sameShape(prediction.type.shape, shape) || !fitsElementwise(fit);
  const aligned = isAligned ? prediction : g.reshape(prediction, { shape });
  const estimate = isStepped ? undefined : lossOf(loss).estimate?.(g, aligned);
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

/** The operands of the loss, with the weights of rows and classes. */
function weighedComparison(
  g: GraphBuilder,
  model: Model,
  objective: Objective,
  output: NetworkOutput,
): Comparison {
  const { target, classWeights, sampleWeights } = objective;
  const { classes } = target;
  const storage = classWeightStorage(model.losses && target.name);
  return {
    ...comparisonOf(g, model, objective, output, false),
    ...(sampleWeights !== undefined && {
      rowWeight: rowsOf(g, sampleWeights, model.inputs[sampleWeights]),
    }),
    ...(classWeights !== undefined &&
      classes !== undefined && {
        classWeights: g.named(storage, g.state({ name: storage, type: tensorType(g.float, [classes]) })),
      }),
  };
}

/** An input with one number per row, as a node of shape [n]. */
function rowsOf(g: GraphBuilder, name: string, { shape }: ModelInput): Node {
  const node = inputNode(g, name, tensorType(g.float, ["n", ...shape]));
  return shape.length === 0 ? node : g.reshape(node, { shape: ["n"] });
}

/** The inputs that a formula may read. Only those that it reads become part of the graph. */
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
export type MeanLoss = LossParts & { readonly mean: Node };

/** The loss of one target, without its weight. */
function meanLossOf(g: GraphBuilder, model: Model, objective: Objective, output: NetworkOutput): MeanLoss {
  const { loss, prefix, paths } = objective;
  const { sums: sumsOf, value: valueOf } = lossOf(loss);
  const within = <T>(build: () => T): T => g.within({ composite: loss.type, path: paths.loss }, build);
  return within(() => {
    const comparison = weighedComparison(g, model, objective, output);
    const sums = mapValues(sumsOf(g, comparison, loss), (sum, name) => g.named(`${prefix}loss_${name}`, sum));
    const value: LossParts["value"] = (of) => within(() => valueOf(g, of, loss, comparison));
    return { sums, value, mean: value(sums) };
  });
}

/**
 * The loss that training minimises: the loss of the only target, or Σ weight · loss over all targets. Losses
 * with weight 0 are only reported. Undefined after an error in a user's loss.
 */
export function meanLoss(
  g: GraphBuilder,
  model: Model,
  trained: readonly Evaluated[],
  problems: Collector,
): MeanLoss | undefined {
  const parts = trained
    .filter(([{ weight }]) => weight > 0)
    .flatMap(([objective, output]) => {
      const { paths } = objective;
      const own = reportingErrors(problems, paths.loss, () => meanLossOf(g, model, objective, output));
      return own === undefined ? [] : [{ objective, ...own }];
    });
  if (parts.length < trained.filter(([{ weight }]) => weight > 0).length) return undefined;
  if (model.losses === undefined) return parts[0];
  // The sums of all losses are in one record, under the names of their targets.
  const sums = Object.fromEntries(
    parts.flatMap(({ objective, sums }) =>
      Object.entries(sums).map(([name, sum]) => [objective.prefix + name, sum]),
    ),
  );
  const value: LossParts["value"] = (of) =>
    weightedSum(
      g,
      parts.map(({ objective, sums, value }) => {
        const own = mapValues(sums, (_, name) => of[objective.prefix + name]);
        return [objective, g.named(`${objective.prefix}loss`, value(own))];
      }),
    );
  return { sums, value, mean: value(sums) };
}

/** Σ weight · loss */
const weightedSum = (g: GraphBuilder, losses: readonly (readonly [Objective, Node])[]): Node =>
  g.within({ composite: "weighted sum", path: ["losses"] }, () =>
    losses
      .map(([{ weight }, loss]) => (weight === 1 ? loss : g.multiply(weight, loss)))
      .reduce((sum, term) => g.add(sum, term)),
  );

/** A total that evaluation accumulates. It is an f64, so that sums over many batches stay accurate. */
const totalState = (g: GraphBuilder, name: string, shape: Shape): Node =>
  g.named(name, g.state({ name, type: tensorType("f64", shape) }));

/** A loss or metric of an objective, computed in evaluation mode. */
interface Measurement {
  /** Its name in reports. */
  readonly figure: string;
  readonly composite: string;
  readonly path: SpecPath;
  /** Builds the sums of a batch. */
  sums(): Readonly<Record<string, Node>>;
  /** Builds the pairs of a batch from which the runtime computes a rank metric. */
  pairs?(): Readonly<Record<string, Node>>;
  /** Computes the value from sums over a data set; absent for a rank metric. */
  value?(sums: Readonly<Record<string, Node>>): Node;
}

/** The loss of an objective, then its metrics. */
function measurementsOf(g: GraphBuilder, model: Model, [objective, output]: Evaluated): Measurement[] {
  const { loss, metrics, prefix, paths, isStepped } = objective;
  const weighed = () => weighedComparison(g, model, objective, output);
  const predicted = () =>
    comparisonOf(
      g,
      model,
      objective,
      { ...output, scores: predictionOf(g, model, objective, output.scores) },
      isStepped,
    );
  return [
    {
      figure: `${prefix}loss`,
      composite: loss.type,
      path: paths.loss,
      sums: () => lossOf(loss).sums(g, weighed(), loss),
      value: (sums) => lossOf(loss).value(g, sums, loss, weighed()),
    },
    ...metrics.map((metric, index): Measurement => {
      const { ranked } = metricOf(metric);
      return {
        figure: prefix + metricName(metric),
        composite: metric.type,
        path: [...paths.metrics, index],
        sums: () => metricOf(metric).sums(g, predicted(), metric),
        ...(ranked === undefined
          ? { value: (sums) => metricOf(metric).value(g, sums, metric, predicted()) }
          : { pairs: () => ({ ...ranked.pairs(g, predicted()) }) }),
      };
    }),
  ];
}

/**
 * Calls `build`. Its nodes record the measurement as their origin. Reports an error in a user's loss or
 * metric.
 */
const measured = <T>(
  g: GraphBuilder,
  problems: Collector,
  { composite, path }: Measurement,
  build: () => T,
): T | undefined => reportingErrors(problems, path, () => g.within({ composite, path }, build));

/**
 * Adds the sums of a batch to the totals, such as `totals:loss.count` or `totals:price.loss.count`, and
 * stores the pairs of rank metrics.
 */
export function evaluationOutputs(
  g: GraphBuilder,
  model: Model,
  evaluated: readonly Evaluated[],
  problems: Collector,
): Output[] {
  const added = (figure: string, sums: Readonly<Record<string, Node>>): Output[] =>
    Object.entries(sums).map(([name, sum]) => {
      const storage = totalStorage(figure, name);
      const named = g.named(`${figure}_${name}`, sum);
      const exact = sum.type.element === "f64" ? named : g.cast(named, { element: "f64" });
      return {
        storage,
        node: g.named(`totals_${figure}_${name}`, g.add(totalState(g, storage, sum.type.shape), exact)),
      };
    });
  const collected = (figure: string, pairs: Readonly<Record<string, Node>>): Output[] =>
    Object.entries(pairs).map(([part, node]) => ({
      storage: pairStorage(figure, part),
      node: g.named(`${figure}_${part}`, node),
    }));
  return evaluated
    .flatMap((each) => measurementsOf(g, model, each))
    .flatMap(
      (each) =>
        measured(g, problems, each, () => [
          ...added(each.figure, each.sums()),
          ...collected(each.figure, each.pairs?.() ?? {}),
        ]) ?? [],
    );
}

/**
 * The values computed from the totals, such as `result:summary.loss` and `result:summary.accuracy`. Formulas
 * derive their shapes from the output. With `losses`, `result:summary.loss` is the weighted sum of the losses.
 */
export function summaryOutputs(
  g: GraphBuilder,
  model: Model,
  evaluated: readonly Evaluated[],
  totals: readonly Output[],
  problems: Collector,
): Output[] {
  const sumsOf = (figure: string): Readonly<Record<string, Node>> => {
    const own = totals.flatMap(({ storage, node }) => {
      const sum = sumOfTotal(figure, storage);
      return sum === undefined ? [] : [[sum, totalState(g, storage, node.type.shape)] as const];
    });
    invariant(own.length > 0, `${figure} has no totals`);
    return Object.fromEntries(own);
  };
  const named = (figure: string, node: Node): Output => ({
    storage: summaryStorage(figure),
    node: g.named(`summary_${figure}`, node),
  });
  const outputs = evaluated
    .flatMap((each) => measurementsOf(g, model, each))
    .flatMap((each) => {
      const value = measured(g, problems, each, () => each.value?.(sumsOf(each.figure)));
      return value === undefined ? [] : [named(each.figure, value)];
    });
  if (model.losses === undefined) return outputs;
  const losses = evaluated.flatMap(([objective]) => {
    const own = outputs.find(({ storage }) => storage === summaryStorage(`${objective.prefix}loss`));
    return own === undefined ? [] : [[objective, own.node] as const];
  });
  return losses.length === 0 ? [] : [named("loss", weightedSum(g, losses)), ...outputs];
}
