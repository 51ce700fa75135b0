/**
 * Purpose   Reduce a value in one pass where several nodes reduce it, such as the maximum of a pooling and, for
 *           its gradient, the place of that maximum.
 * Requires  stored nodes, operands first.
 * Ensures   the same nodes, operands first; a reduction directly follows the first one of the same operand
 *           along the same axes.
 * Example   m = max x ; y = m · w ; p = argmax x   =>   m = max x ; p = argmax x ; y = m · w
 */
import type { Axes, Node } from "../ir/nodes.ts";

/** What a reduction along axes reduces. Contractions read two operands and have loops of their own. */
const reducedBy = (node: Node): { readonly x: Node; readonly axes: Axes } | undefined =>
  node.op === "reduceSum" || node.op === "reduceMax" || node.op === "argMax"
    ? { x: node.operands.x, axes: node.attributes.axes }
    : undefined;

export function groupReductions(nodes: readonly Node[]): readonly Node[] {
  const groups = new Map<Node, Map<string, Node[]>>();
  const result: Node[][] = [];
  for (const node of nodes) {
    const reduced = reducedBy(node);
    const ofOperand = reduced && (groups.get(reduced.x) ?? new Map<string, Node[]>());
    const known = reduced && ofOperand?.get(reduced.axes.join());
    if (known !== undefined) known.push(node);
    else {
      const group = [node];
      result.push(group);
      if (reduced !== undefined && ofOperand !== undefined)
        groups.set(reduced.x, ofOperand.set(reduced.axes.join(), group));
    }
  }
  return result.flat();
}
