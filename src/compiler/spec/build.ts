/**
 * Builds the graphs of a trainer from the canonical spec: training loss, optimizer update, prediction and
 * evaluation. They contain no gradients; `passes/differentiate.ts` derives these from the training graph. All
 * errors are reported together, each with its path in the spec.
 */
import { averageStorage, lossStorage, nameIn, outputStorage, statisticStorage } from "../ir/storage.ts";
import { collector, invariant } from "../diagnostics/errors.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { makeGraph } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { sumOf } from "../library/compare.ts";
import { createBuilder } from "../ops/index.ts";
import { buildUpdate, checkOptimizer, trainingStates } from "./build-update.ts";
import type { StateFacts } from "./build-update.ts";
import {
  checkFlatten,
  checkGradients,
  checkNumbers,
  checkSameParameters,
  checkSize,
  warnOfChannels,
  warnOfIdleMasks,
  warnOfLookahead,
} from "./build-checks.ts";
import {
  checkMeasures,
  evaluationOutputs,
  meanLoss,
  predictionsOf,
  splitOutputSteps,
  summaryOutputs,
} from "./build-measures.ts";
import { buildNetwork, layerOutputs } from "./build-network.ts";
import type { Network, ParameterFacts } from "./build-network.ts";
import type { Evaluated, LossParts, SteppedObjective } from "./build-measures.ts";
import type { Model } from "./types.ts";

export interface ModelGraphs {
  /** The parameters, in the order of the spec. */
  readonly parameters: readonly ParameterFacts[];
  /** For a step over several batches: the sums of the loss, its value, and the penalty. */
  readonly loss: LossParts & { readonly penalty: Node | undefined };
  /** Inputs and targets → `result:loss`, the mean loss with regularization, in training mode. */
  readonly training: Graph;
  /**
   * Inputs → `probe:LAYER`, the value of each layer in training mode, if it consists of real numbers and is
   * newly computed.
   */
  readonly layers: Graph;
  /**
   * States `flat:parameters`, `flat:gradients` (of all trainable ones), `optimizer:…` → the parameters and
   * states after the step. `optimizer:step` increases by one; `result:learningRate` (f64) is the rate of this
   * step.
   */
  readonly update: Graph;
  /** The shape of one row of each prediction, in the order of the targets. */
  readonly predictions: readonly { readonly target: string; readonly shape: readonly number[] }[];
  /**
   * Inputs → `result:output`, in evaluation mode. With `losses`, a row contains the predictions of all
   * targets.
   */
  readonly predict: Graph;
  /** Inputs, targets and `totals:…` (f64) → the totals with this batch added. */
  readonly evaluate: Graph;
  /** `totals:…` → `result:summary.loss` and one `result:summary.METRIC` each, f64. */
  readonly summarise: Graph;
  /** The states besides the parameters: `optimizer:step`, `random:seed`, and those of the optimizer. */
  readonly states: readonly StateFacts[];
  /** The totals of evaluation. */
  readonly totals: readonly StateFacts[];
  readonly warnings: readonly Diagnostic[];
}

/** @throws DiagnosticError with all errors in shapes, loss, metrics, optimizer and gradients. */
export function buildGraphs(spec: Model, float: "f32" | "f64"): ModelGraphs {
  const g = createBuilder(float);
  const problems = collector();
  const { model, objectives } = splitOutputSteps(spec);
  checkOptimizer(model, problems);
  checkNumbers(model, float, problems);
  problems.throwErrors();

  const trained = buildNetwork(model, g, "training", problems);
  const scores = outputsFor(objectives, trained);
  const size = trainableSize(trained.parameters);
  const states = trainingStates(model, size, float);
  checkSize(model, trained, copiesOf(states), float, problems);
  warnOfChannels(model, trained, problems);
  const shapeHint = checkFlatten(model, trained, problems);
  for (const [objective, output] of scores)
    checkMeasures(model, objective, output.scores, shapeHint, trained.values, problems);
  problems.throwErrors();
  invariant(scores.length === objectives.length, "a network without errors has an output for each target");

  const mean = meanLoss(g, model, scores, problems);
  const update = buildUpdate(model, g, states, size, trained.statistics, problems);
  const inEvaluation = buildNetwork(model, g, "evaluation", problems);
  checkSameParameters(trained, inEvaluation, problems);
  const evaluated = outputsFor(objectives, inEvaluation);
  if (mean === undefined || update === undefined || evaluated.length < objectives.length)
    problems.throwErrors();
  invariant(
    mean !== undefined && update !== undefined && evaluated.length === objectives.length,
    "a model without errors can be built",
  );
  const totals = evaluationOutputs(g, model, evaluated, problems);
  problems.throwErrors();
  const summaries = summaryOutputs(g, model, evaluated, totals, problems);

  const penalties = penaltiesOf(g, model, trained);
  const mainTerm = penalties.length === 0 ? mean.mean : g.named("mean_loss", mean.mean);
  const loss = sumUp(g, [mainTerm, ...penalties]) ?? mainTerm;
  const statistics = [...trained.statistics].map(([name, node]) => ({
    storage: statisticStorage(name),
    node,
  }));
  const training = makeGraph("training", [
    { storage: lossStorage, node: g.named("loss", loss) },
    ...statistics,
  ]);
  checkGradients(training, spec, trained.parameters, problems);
  warnOfLookahead(model, problems);
  warnOfIdleMasks(model, trained, training, problems);
  const warnings = problems.throwErrors();
  return {
    parameters: trained.parameters.map(({ node: _, ...facts }) => facts),
    loss: { sums: mean.sums, value: mean.value, penalty: sumUp(g, penalties) },
    training,
    layers: makeGraph("probe", layerOutputs(model, trained)),
    update,
    predictions: evaluated.map(
      ([
        { target },
        {
          scores: { type },
        },
      ]) => ({
        target: target.name,
        shape: type.shape.slice(1).map(Number),
      }),
    ),
    predict: makeGraph("predict", [{ storage: outputStorage, node: predictionsOf(g, model, evaluated) }]),
    evaluate: makeGraph("evaluate", totals),
    summarise: makeGraph("summarise", summaries),
    states,
    totals: totals.flatMap(({ storage, node }) =>
      nameIn("totals", storage) === undefined ? [] : [{ name: storage, type: node.type }],
    ),
    warnings,
  };
}

/** Each objective whose value could be built, with that value. */
const outputsFor = (
  objectives: readonly SteppedObjective[],
  { values, masks }: Network,
): readonly Evaluated[] =>
  objectives.flatMap((objective): Evaluated[] => {
    const scores = values.get(objective.output);
    return scores === undefined ? [] : [[objective, { scores, mask: masks.get(objective.output) }]];
  });

/** The total number of trainable parameters. */
const trainableSize = (parameters: readonly ParameterFacts[]): number =>
  parameters
    .filter(({ trainable }) => trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/**
 * The number of arrays that are as large as all trainable parameters together: the gradients, and some
 * states.
 */
const copiesOf = (states: readonly StateFacts[]): number =>
  1 +
  states.filter(({ name, type }) => nameIn("optimizer", name) !== undefined && type.shape.length > 0).length +
  // Averaging needs a second array, for the weights before averaging.
  (states.some(({ name }) => name === averageStorage) ? 2 : 0);

/** l1 · Σ|w| and l2 · Σw² for each regularized, trainable parameter w. */
function penaltiesOf(g: GraphBuilder, model: Model, { parameters }: Network): readonly Node[] {
  const { l1, l2 } = model.regularization;
  const covered = parameters.filter(({ trainable, regularized }) => trainable && regularized);
  return g.within({ composite: "regularization", path: ["regularization"] }, () => {
    return covered.flatMap(({ name, node }) => [
      ...(l1 === 0 ? [] : [g.multiply(l1, g.named(`${name}_absolutes`, sumOf(g, g.absolute(node))))]),
      ...(l2 === 0 ? [] : [g.multiply(l2, g.named(`${name}_squares`, sumOf(g, g.multiply(node, node))))]),
    ]);
  });
}

/** The sum of the terms; undefined if there are none. */
const sumUp = (g: GraphBuilder, terms: readonly Node[]): Node | undefined =>
  terms.length === 0
    ? undefined
    : g.within({ composite: "regularization", path: ["regularization"] }, () =>
        terms.reduce((sum, term) => g.add(sum, term)),
      );
