/**
 * Purpose   Remove the marks that told differentiation where to stop.
 * Requires  differentiation is over.
 * Ensures   no stopGradient is left; values are the same, but x − stopGradient x, which only carries a
 *           derivative, is 0 for an infinite x too.
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
