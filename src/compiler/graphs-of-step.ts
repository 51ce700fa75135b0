/**
 * What a step computes before the optimizer moves the parameters, where that is more than the gradients of
 * one batch.
 */
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
 * The gradients of a step, and what goes before them. Of most models they are those of a batch alone; several
 * batches are accumulated, and averaged parameters are trained through the weights that the average is of.
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
  const placed = (graph: Graph) => onTrainedWeights(model, parameters, graph, g);
  return {
    ...(outputs.length > 0 && { begin: makeGraph("begin", outputs) }),
    ...(group && { measure: placed(group.measure) }),
    gradient: placed(group ? group.gradient : gradient),
  };
}
