/**
 * Purpose   Remove nodes that no output needs, and operands of recurrences that no step needs.
 * Requires  a verified graph.
 * Ensures   some output depends on every remaining node; operands still come before the nodes that use them.
 * Example   %a = negate %x ; %b = exp %x ; output "y" = %b   =>   %b = exp %x ; output "y" = %b
 */
import { makeGraph } from "../ir/nodes.ts";
import { pruneOperands } from "../ir/recurrence.ts";
import { definePass } from "./define.ts";

export const removeDeadNodes = definePass("remove-dead-nodes", (graph, g) => {
  const pruned = pruneOperands(graph, g);
  return makeGraph(pruned.name, pruned.outputs);
});
