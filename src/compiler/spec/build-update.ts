/** One step of the optimizer as a graph, over all trainable parameters as one flat tensor. */
import type { Collector } from "../diagnostics/errors.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { makeGraph } from "../ir/nodes.ts";
import type { Graph, Node, Origin, Output } from "../ir/nodes.ts";
import {
  averageStorage,
  classWeightStorage,
  flatGradients,
  flatParameters,
  learningRateStorage,
  nameIn,
  seedStorage,
  statisticStorage,
  stepStorage,
  storageIn,
  trainedWeights,
} from "../ir/storage.ts";
import { tensorType } from "../ir/types.ts";
import type { TensorType } from "../ir/types.ts";
import { optimizerOf } from "../library/optimizers/index.ts";
import { asNumberOf, clipped } from "../library/optimizers/parts.ts";
import { learningRate } from "../library/schedules/index.ts";
import { reportingErrors } from "./formula-diagnostic.ts";
import { objectivesOf } from "./objectives.ts";
import type { Model } from "./types.ts";

// One step of the optimizer. All trainable parameters are adjacent in memory, and so are their gradients and
// each of their states. The update is therefore one flat computation over P numbers.

export interface StateFacts {
  readonly name: string;
  readonly type: TensorType;
  /** The value before the first step; zeros if absent. */
  readonly initial?: readonly number[];
}

/**
 * The states besides the parameters that the optimizer, the random numbers and the loss need between steps.
 */
export function trainingStates(model: Model, size: number, float: "f32" | "f64"): StateFacts[] {
  const { optimizer } = model;
  const own = Object.entries(optimizerOf(optimizer).states(optimizer));
  return [
    { name: stepStorage, type: tensorType("i32", []) },
    { name: seedStorage, type: tensorType("i32", []) },
    ...own.map(([name, kind]) => ({
      name: storageIn("optimizer", name),
      type: tensorType(float, kind === "like" ? [size] : []),
    })),
    ...weightStates(model, float),
    ...(model.training.average === undefined
      ? []
      : [{ name: averageStorage, type: tensorType(float, [size]) }]),
  ];
}

/** The class weights of each loss. Balanced weights are 1 until they are computed from the training data. */
const weightStates = (model: Model, float: "f32" | "f64"): StateFacts[] =>
  objectivesOf(model).flatMap(({ target: { name, classes = 0 }, classWeights }) => {
    if (classWeights === undefined) return [];
    const initial = classWeights === "balanced" ? Array.from({ length: classes }, () => 1) : classWeights;
    const storage = classWeightStorage(model.losses && name);
    return [{ name: storage, type: tensorType(float, [classes]), initial }];
  });

/** Reports keys of the optimizer that contradict each other. */
export function checkOptimizer({ optimizer }: Model, problems: Collector): void {
  const error = optimizerOf(optimizer).refuse?.(optimizer);
  if (error !== undefined)
    problems.error(["optimizer", error.key], "T1203", `optimizer.${error.key} ${error.message}`);
}

/**
 * `statistics`: the running statistics by name, as nodes of the training graph. Returns undefined if the
 * optimizer or its learning rate has an error.
 */
export function buildUpdate(
  model: Model,
  g: GraphBuilder,
  states: readonly StateFacts[],
  size: number,
  statistics: ReadonlyMap<string, Node>,
  problems: Collector,
): Graph | undefined {
  const { optimizer } = model;
  const { average } = model.training;
  const weights = average === undefined ? flatParameters : trainedWeights;
  const stored = (name: string, type: TensorType, origin: Origin = { path: ["optimizer"] }): Node =>
    g.named(
      name,
      g.within(origin, () => g.state({ name, type })),
    );
  const flat = tensorType(g.float, [size]);
  const own = states.flatMap(({ name: storage, type }) => {
    const name = nameIn("optimizer", storage);
    return name === undefined || storage === stepStorage ? [] : [{ name, storage, type }];
  });

  const taken = stored(stepStorage, tensorType("i32", []));
  const step = g.named("step", g.cast(taken, { element: "f64" }));
  const ratePath = ["optimizer", "learningRate"];
  const scheduled = reportingErrors(problems, ratePath, () =>
    g.within({ composite: "learningRate", path: ratePath }, () =>
      learningRate(g, step, optimizer.learningRate),
    ),
  );
  if (scheduled === undefined) return undefined;
  const rate = g.named("learningRate", scheduled);
  const gradients = stored(flatGradients, flat);
  const { clip } = optimizer;
  const gradient =
    clip === undefined
      ? gradients
      : g.within({ path: ["optimizer", "clip"] }, () => clipped(g, gradients, clip));
  const parts = {
    parameter: stored(weights, flat),
    gradient,
    state: Object.fromEntries(own.map(({ name, storage, type }) => [name, stored(storage, type)])),
    step,
    rate,
  };
  const update = reportingErrors(problems, ["optimizer"], () =>
    g.within({ composite: optimizer.type, path: ["optimizer"] }, () =>
      optimizerOf(optimizer).update(g, parts, optimizer),
    ),
  );
  if (update === undefined) return undefined;
  const moved = [...statistics].map(([name, { type, origin }]): Output => {
    const { layer, path } = origin;
    return { storage: name, node: stored(statisticStorage(name), type, { layer, path }) };
  });
  const next = g.named("next_parameters", update.parameter);
  const outputs: Output[] = [
    { storage: weights, node: next },
    ...(average === undefined ? [] : averaged(g, next, step, average.decay)),
    ...Object.entries(update.state).map(([name, node]) => ({ storage: storageIn("optimizer", name), node })),
    { storage: stepStorage, node: g.named("next_step", g.add(taken, 1)) },
    { storage: learningRateStorage, node: rate },
    ...moved,
  ];
  return makeGraph("update", outputs);
}

/**
 * The end of an update with averaged weights (`passes/average-weights.ts`): computes p and a from the new
 * weights w and the number of earlier steps.
 */
function averaged(g: GraphBuilder, w: Node, step: Node, decay: number): Output[] {
  const p = g.named(flatParameters, g.state({ name: flatParameters, type: w.type }));
  const moved = g.add(g.multiply(decay, p), g.multiply(1 - decay, w));
  const isFirst = g.broadcastTo(g.equal(asNumberOf(g, step, w), 0), w.type.shape);
  const average = g.named("average", g.select(isFirst, w, moved));
  return [
    { storage: flatParameters, node: average },
    { storage: averageStorage, node: average },
  ];
}
