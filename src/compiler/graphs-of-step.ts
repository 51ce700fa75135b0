/** The graphs of a step before the optimizer's update, for models that need more than the gradients of one batch. */
import type { GraphBuilder } from "./ir/builder.ts";
import { makeGraph } from "./ir/nodes.ts";
import type { Graph } from "./ir/nodes.ts";
import { accumulate } from "./passes/accumulate.ts";
import { gradientsOf } from "./passes/differentiate.ts";
import { onTrainedWeights } from "./spec/build-update.ts";
import { statisticStorage } from "./ir/storage.ts";
import type { ModelGraphs } from "./spec/build.ts";
import type { Model } from "./spec/types.ts";

export interface GraphsOfStep {
  readonly begin?: Graph | undefined;
  readonly measure?: Graph | undefined;
  readonly gradient: Graph;
}

/**
 * The gradients of a step, and the graphs that run before them. For most models these are the gradients of one batch;
 * several batches are accumulated, and a model with averaged parameters trains the weights that are averaged.
 */
export function graphsOfStep(
  model: Model,
  { training, loss, begin, parameters }: ModelGraphs,
  gradient: Graph,
  wanted: readonly string[],
  g: GraphBuilder,
): GraphsOfStep {
  const { accumulate: groupSize } = model.training;
  const leaves = training.nodes.filter((node) => node.op === "parameter");
  const statistics = training.outputs.flatMap((output) => {
    const statistic = leaves.find(({ attributes: { name } }) => statisticStorage(name) === output.storage);
    return statistic === undefined ? [] : [{ ...output, statistic }];
  });
  const trained = leaves.filter(({ attributes: { name } }) => wanted.includes(name));
  const group = groupSize && accumulate({ ...loss, statistics }, trained, groupSize, gradientsOf, g);
  const outputs = [...begin, ...(group ? group.begin : [])];
  const onTrained = (graph: Graph) => onTrainedWeights(model, parameters, graph, g);
  return {
    ...(outputs.length > 0 && { begin: makeGraph("begin", outputs) }),
    ...(group && { measure: onTrained(group.measure) }),
    gradient: onTrained(group ? group.gradient : gradient),
  };
}
