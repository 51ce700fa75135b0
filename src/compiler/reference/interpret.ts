/**
 * The interpreter of graphs. It evaluates the nodes in order, in doubles, each with the reference evaluation
 * of its op. It is slow and simple; tests compare all code that the compiler emits with it.
 */
import { invariant } from "../diagnostics/errors.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { evaluateNodes } from "../ops/index.ts";
import type { Tensor } from "../ops/tensor.ts";

/** Tensors by the name of their storage: inputs, parameters and states before a run, outputs after it. */
export type Storage = ReadonlyMap<string, Tensor>;

/** The value of every node for a batch of `rows` rows. Storage that is missing is zero. */
export function evaluateGraph(graph: Graph, storage: Storage, rows: number): Map<Node, Tensor> {
  const given = new Map<Node, Tensor>();
  for (const node of graph.nodes) {
    const isLeaf = node.op === "input" || node.op === "parameter" || node.op === "state";
    const stored = isLeaf ? storage.get(node.attributes.name) : undefined;
    if (stored !== undefined) given.set(node, stored);
  }
  return evaluateNodes(graph.nodes, given, rows);
}

/** The values that the graph writes to storage. */
export function interpret(graph: Graph, storage: Storage, rows: number): Map<string, Tensor> {
  const values = evaluateGraph(graph, storage, rows);
  const outputs = new Map<string, Tensor>();
  for (const { storage: name, node } of graph.outputs) {
    const value = values.get(node);
    invariant(value !== undefined, `output ${name} is not in the graph`);
    outputs.set(name, value);
  }
  return outputs;
}
