/**
 * Counts the floating-point operations of nodes for a full batch. A scalar op counts as one operation and a
 * multiply-add as two. Moves of elements do not count.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { sizeOf } from "../ir/types.ts";
import { hasTrait, loweringOf } from "../ops/index.ts";

/**
 * The operations of one node, without those of its operands. A scan has 0, because the nodes of its step are
 * counted once per iteration.
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

/**
 * The operations of a materialised node and of all nodes that are computed with it, up to operands that are
 * materialised themselves.
 */
export const flopsToMaterialise = (node: Node, stored: ReadonlySet<Node>, batchSize: number): number =>
  [...nodesToMaterialise(node, stored)].reduce((sum, each) => sum + flopsOf(each, batchSize), 0);

/**
 * The same operations by layer. A node without a layer counts for the layer of the materialised node.
 */
export function flopsByLayer(
  node: Node,
  stored: ReadonlySet<Node>,
  batchSize: number,
): ReadonlyMap<string | undefined, number> {
  const sums = new Map<string | undefined, number>();
  for (const each of nodesToMaterialise(node, stored)) {
    const layer = each.origin.layer ?? node.origin.layer;
    sums.set(layer, (sums.get(layer) ?? 0) + flopsOf(each, batchSize));
  }
  return sums;
}

/** A materialised node and all nodes that are computed with it, back to materialised nodes and leaves. */
export function nodesToMaterialise(node: Node, stored: ReadonlySet<Node>): Set<Node> {
  const computed = new Set([node]);
  for (const each of computed)
    for (const operand of operandsOf(each)) if (!stored.has(operand)) computed.add(operand);
  return computed;
}
