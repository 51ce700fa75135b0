/**
 * The rewrite engine: rebuilds a graph bottom-up, giving every node a chance to become another one. Nodes of which
 * nothing changed are shared with the graph that came in.
 */
import { withOperands } from "./builder.ts";
import type { GraphBuilder } from "./builder.ts";
import { makeGraph, operandsOf } from "./nodes.ts";
import type { Graph, Node } from "./nodes.ts";

/** Gives the node to stand in place of `node`, whose operands are already rewritten. */
export type Replace = (node: Node, g: GraphBuilder) => Node;

export function rewriteGraph(graph: Graph, g: GraphBuilder, replace: Replace): Graph {
  const image = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const before = operandsOf(node);
    const after = before.map((operand) => image.get(operand) ?? operand);
    const moved = after.every((operand, i) => operand === before[i]) ? node : withOperands(g, node, after);
    image.set(node, replace(moved, g));
  }
  const outputs = graph.outputs.map(({ storage, node }) => ({ storage, node: image.get(node) ?? node }));
  if (outputs.every(({ node }, i) => node === graph.outputs[i].node)) return graph;
  return makeGraph(graph.name, outputs);
}
