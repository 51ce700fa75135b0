/**
 * Floating-point operations of a graph for a full batch: one for each scalar op, two for a multiply-add; none
 * for what only moves elements.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { sizeOf } from "../ir/types.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";

/**
 * Of one node, its operands not counted. A scan has none of its own: its step is counted node by node, as
 * often as it runs.
 */
export function flopsOf(node: Node, batchSize: number): number {
  const lowering = loweringOf(node);
  const isMade = operandsOf(node).length === 0; // constants and indices
  if (isMade || hasTrait(node, "view") || lowering.kind === "leaf" || lowering.kind === "recurrence")
    return 0;
  const inner = lowering.kind === "element" ? 1 : sizeOf(lowering.extents, batchSize);
  const outer = lowering.kind === "scatter" ? 1 : sizeOf(node.type.shape, batchSize);
  return inner * outer * (hasTrait(node, "contraction") ? 2 : 1);
}

/** Of a stored node and of all that is computed on the way to it: what is stored on its own counts on its own. */
export const flopsToStore = (node: Node, stored: ReadonlySet<Node>, batchSize: number): number =>
  [...computedToStore(node, stored)].reduce((sum, each) => sum + flopsOf(each, batchSize), 0);

/** A stored node and, back to what is stored or given, all that is computed where it is read on the way to it. */
export function computedToStore(node: Node, stored: ReadonlySet<Node>): Set<Node> {
  const computed = new Set([node]);
  for (const each of computed)
    for (const operand of operandsOf(each)) if (!stored.has(operand)) computed.add(operand);
  return computed;
}
