/**
 * Purpose   Remove the marks that told differentiation where to stop.
 * Requires  differentiation is over.
 * Ensures   no stopGradient is left; values are the same.
 * Example   %a = stopGradient %x ; %b = exp %a   =>   %b = exp %x
 */
import { rewriteGraph } from "../ir/rewrite.ts";
import { definePass } from "./define.ts";

export const eraseStopGradients = definePass("erase-stop-gradients", (graph, g) =>
  rewriteGraph(graph, g, (node) => (node.op === "stopGradient" ? node.operands.x : node)),
);
