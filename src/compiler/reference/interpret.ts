/**
 * The interpreter of graphs. It evaluates the nodes in order, in doubles, each with the reference evaluation
 * of its op. It is slow and simple; tests compare all code that the compiler emits with it.
 */
import { invariant } from "../diagnostics/errors.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { stepsOf } from "../ir/recurrence.ts";
import { evaluateNodes } from "../ops/index.ts";
import type { Observe } from "../ops/index.ts";
import type { Tensor } from "../ops/tensor.ts";

/** Tensors by the name of their storage: inputs, parameters and states before a run, outputs after it. */
export type Storage = ReadonlyMap<string, Tensor>;

/** The value of every node for a batch of `rows` rows. Storage that is missing is zero. */
export function evaluateGraph(
  graph: Graph,
  storage: Storage,
  rows: number,
  observe?: Observe,
): Map<Node, Tensor> {
  const given = new Map<Node, Tensor>();
  for (const node of graph.nodes) {
    const isLeaf = node.op === "input" || node.op === "parameter" || node.op === "state";
    const stored = isLeaf ? storage.get(node.attributes.name) : undefined;
    if (stored !== undefined) given.set(node, stored);
  }
  return evaluateNodes(graph.nodes, given, rows, observe);
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

/**
 * The value of every node, including the nodes in the steps of recurrences. A node of a step has one value per
 * time step; they are stacked along a new first axis, in the order of time. Recurrences inside a step are left
 * out, because their nodes have two axes of time.
 */
export function traceGraph(graph: Graph, storage: Storage, rows: number): Map<Node, Tensor> {
  const seen = new Map<Node, Tensor[]>();
  const values = evaluateGraph(graph, storage, rows, (node, value) => {
    const list = seen.get(node);
    if (list === undefined) seen.set(node, [value]);
    else list.push(value);
  });
  const inner = new Set(
    stepsOf(graph).flatMap(({ step }) => stepsOf(step).map(({ recurrence }) => recurrence)),
  );
  for (const { recurrence, step } of stepsOf(graph)) {
    if (inner.has(recurrence)) continue;
    for (const node of step.nodes) {
      // Every scan of a recurrence runs the step again, with the same values.
      const list = seen.get(node)?.slice(0, recurrence.length) ?? [];
      if (!values.has(node) && list.length === recurrence.length)
        values.set(node, stacked(recurrence.reverse ? list.reverse() : list));
    }
  }
  return values;
}

const stacked = (list: readonly Tensor[]): Tensor => ({
  shape: [list.length, ...list[0].shape],
  data: Float64Array.from(list.flatMap(({ data }) => [...data])),
});
