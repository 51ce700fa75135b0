/**
 * Purpose   Remove the ops that stop differentiation.
 * Requires  a graph after differentiation.
 * Ensures   the graph has no stopGradient. Values stay the same, with one exception: x − stopGradient x,
 *           which only carries a derivative, becomes 0 even for an infinite x, where it would be NaN.
 * Example   %a = stopGradient %x ; %b = exp %a   =>   %b = exp %x
 */
import type { Node } from "../ir/nodes.ts";
import { rewriteGraph } from "../ir/builder.ts";
import { definePass } from "./define.ts";

const unmarked = (node: Node): Node => (node.op === "stopGradient" ? unmarked(node.operands.x) : node);

const carriesDerivative = (node: Node): boolean =>
  node.op === "subtract" &&
  node.operands.y.op === "stopGradient" &&
  unmarked(node.operands.y) === unmarked(node.operands.x);

export const eraseStopGradients = definePass("erase-stop-gradients", (graph, g) => {
  const carried = rewriteGraph(graph, g, (node) =>
    carriesDerivative(node) ? g.broadcastTo(g.number(0, node.type.element), node.type.shape) : node,
  );
  return rewriteGraph(carried, g, (node) => (node.op === "stopGradient" ? node.operands.x : node));
});
