/**
 * Purpose   Add the gradient of the loss with respect to each trainable parameter, as nodes: reverse
 *           accumulation at compile time (`derivatives/gradients-of.ts`).
 * Requires  the graph `gradient` with the scalar output `result:loss`.
 * Ensures   the graph has an output `gradient:NAME` for each wanted parameter on which the loss depends.
 *           Applied to its own result, the pass computes higher derivatives. Other graphs are unchanged.
 * Example   %y = multiply %x, %x ; output "loss" = %y   =>   … ; %d_x = add (multiply %d_y, %x), (multiply
 *           %d_y, %x)
 */
import { invariant } from "../diagnostics/errors.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { makeGraph } from "../ir/nodes.ts";
import type { Graph, Node, Output } from "../ir/nodes.ts";
import { gradientStorage, lossStorage } from "../ir/storage.ts";
import { defineRequired } from "../stages/define.ts";
import { graphs } from "./define.ts";
import { gradientsOf } from "./derivatives/gradients-of.ts";

export interface DifferentiateContext {
  readonly g: GraphBuilder;
  /** The names of the parameters whose gradients are needed. */
  readonly wanted: readonly string[];
}

export const differentiate = defineRequired("differentiate", graphs, graphs, {
  each: (graph: Graph, { g, wanted }: DifferentiateContext) =>
    graph.name === "gradient" ? addGradients(graph, wanted, g) : graph,
});

/** Adds an output `gradient:NAME` for each of the parameters on which the output `result:loss` depends. */
export function addGradients(graph: Graph, parameters: readonly string[], g: GraphBuilder): Graph {
  const loss = graph.outputs.find(({ storage }) => storage === lossStorage)?.node;
  invariant(loss !== undefined, "a graph to differentiate must have the output result:loss");
  const leaves = new Map<string, Node>();
  for (const node of graph.nodes) if (node.op === "parameter") leaves.set(node.attributes.name, node);
  const known = parameters.filter((name) => leaves.has(name));
  const wanted = known.flatMap((name) => leaves.get(name) ?? []);
  const gradients = gradientsOf(loss, wanted, graph.nodes, g);
  const found = known.flatMap((name, i): Output[] => {
    const node = gradients[i];
    return node === undefined ? [] : [{ storage: gradientStorage(name), node }];
  });
  // The last layer comes first, in the order of the backward pass, so that values that only a gradient needs
  // are freed early.
  return makeGraph(graph.name, [...graph.outputs, ...found.reverse()]);
}
