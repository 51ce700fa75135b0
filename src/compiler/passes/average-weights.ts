/**
 * Purpose   Train with averaged weights (Polyak and Juditsky 1992; as torch.optim.swa_utils.AveragedModel
 *           with get_ema_avg_fn). The optimizer updates weights w. The parameters p of the model, which
 *           evaluation, prediction and checkpoints read, are the exponential moving average of w. The update
 *           (`spec/build-update.ts`) ends with
 *
 *               p ← w at step 0, later p ← d · p + (1 − d) · w          a ← p
 *
 *           A caller may write new values into p, and training then continues from them. Each step therefore
 *           starts with
 *
 *               w ← p where p ≠ a
 *
 *           element by element. Therefore w needs no initial value, and replacing or restoring parameters
 *           needs no special case.
 * Requires  the graphs of a whole step: gradients, and groups of batches if the spec has them.
 * Ensures   `begin` sets w; `measure`, `gradient` and `probe` read w instead of each trainable parameter. A
 *           model without an average is unchanged.
 * Example   gradient: … = contract %x, %dense.weight   =>   begin: flat:trained = select (p = a), w, p
 *                                                           gradient: … = contract %x, %trained:dense.weight
 */
import type { GraphBuilder } from "../ir/builder.ts";
import { makeGraph } from "../ir/nodes.ts";
import type { Graph, Node, Output } from "../ir/nodes.ts";
import { rewriteGraph } from "../ir/builder.ts";
import { averageStorage, flatParameters, trainedStorage, trainedWeights } from "../ir/storage.ts";
import { sizeOf, tensorType } from "../ir/types.ts";
import { defineRequired } from "../stages/define.ts";
import { graphs } from "./define.ts";

interface TrainableParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface AverageContext {
  readonly g: GraphBuilder;
  readonly isAveraged: boolean;
  /** The trainable parameters, in the order of their storage. */
  readonly trainable: readonly TrainableParameter[];
}

const stepPrograms: readonly string[] = ["measure", "gradient", "probe"];

export const averageWeights = defineRequired("average-weights", graphs, graphs, {
  each: (graph: Graph, { g, isAveraged, trainable }: AverageContext): Graph => {
    if (!isAveraged) return graph;
    if (graph.name === "begin") return makeGraph("begin", [writtenWeights(g, trainable), ...graph.outputs]);
    return stepPrograms.includes(graph.name) ? onTrainedWeights(graph, trainable, g) : graph;
  },
});

/** w ← p where p ≠ a, for all trainable parameters as one flat tensor. */
function writtenWeights(g: GraphBuilder, trainable: readonly TrainableParameter[]): Output {
  const size = trainable.reduce((sum, { shape }) => sum + sizeOf(shape, 1), 0);
  const flat = (name: string): Node => g.named(name, g.state({ name, type: tensorType(g.float, [size]) }));
  const [p, a, w] = [flatParameters, averageStorage, trainedWeights].map(flat);
  return { storage: trainedWeights, node: g.named("taken_up", g.select(g.equal(p, a), w, p)) };
}

/** The graph in which w replaces each trainable parameter. */
function onTrainedWeights(graph: Graph, trainable: readonly TrainableParameter[], g: GraphBuilder): Graph {
  const names = new Set(trainable.map(({ name }) => name));
  return rewriteGraph(graph, g, (node) => {
    if (node.op !== "parameter" || !names.has(node.attributes.name)) return node;
    const name = trainedStorage(node.attributes.name);
    return g.named(name, g.state({ name, type: node.type }));
  });
}
