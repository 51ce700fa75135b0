/**
 * Weight averaging (Polyak and Juditsky 1992; as torch.optim.swa_utils.AveragedModel with get_ema_avg_fn).
 * Training moves weights w; the model's parameters p, which evaluation, prediction and checkpoints see, are
 * their exponential moving average. After step 0, 1, …:
 *
 *     p ← w at step 0, then p ← d · p + (1 − d) · w          a ← p
 *
 * What somebody writes into the parameters is where training goes on from: before the gradients of a step,
 * element by element,
 *
 *     w ← p where p ≠ a
 *
 * So w needs no first value, and a model whose parameters are replaced or restored needs no word of it.
 */
import { averageStorage, flatParameters, trainedStorage, trainedWeights } from "../ir/storage.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node, Output } from "../ir/nodes.ts";
import { rewriteGraph } from "../ir/rewrite.ts";
import { tensorType } from "../ir/types.ts";
import { asNumberOf } from "../library/optimizers/parts.ts";
import type { ParameterFacts } from "./build-network.ts";
import type { Model } from "./types.ts";

const flat = (g: GraphBuilder, name: string, size: number): Node =>
  g.named(name, g.state({ name, type: tensorType(g.float, [size]) }));

/** What precedes the gradients of a step. */
export function takeUpWritten(g: GraphBuilder, size: number): Output {
  const [p, a, w] = [flatParameters, averageStorage, trainedWeights].map((name) => flat(g, name, size));
  return { storage: trainedWeights, node: g.named("taken_up", g.select(g.equal(p, a), w, p)) };
}

/** What follows an update that makes w of the old weights. `step`: how many came before it. */
export function averaged(g: GraphBuilder, w: Node, step: Node, decay: number): Output[] {
  const size = Number(w.type.shape[0]);
  const p = flat(g, flatParameters, size);
  const moved = g.add(g.multiply(decay, p), g.multiply(1 - decay, w));
  const isFirst = g.broadcastTo(g.equal(asNumberOf(g, step, w), 0), w.type.shape);
  const average = g.named("average", g.select(isFirst, w, moved));
  return [
    { storage: flatParameters, node: average },
    { storage: averageStorage, node: average },
  ];
}

/**
 * The graph with the trainable parameters read from where training has them: of a model without an average,
 * the graph as it is.
 */
export function onTrainedWeights(
  { training }: Model,
  parameters: readonly ParameterFacts[],
  graph: Graph,
  g: GraphBuilder,
): Graph {
  if (training.average === undefined) return graph;
  const trainable = new Set(parameters.flatMap(({ name, trainable }) => (trainable ? [name] : [])));
  return rewriteGraph(graph, g, (node) => {
    if (node.op !== "parameter" || !trainable.has(node.attributes.name)) return node;
    const name = trainedStorage(node.attributes.name);
    return g.named(name, g.state({ name, type: node.type }));
  });
}
