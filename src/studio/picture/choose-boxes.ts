/**
 * Which nodes are drawn: what has a name, what stands in memory, and what leaves the graph. The others
 * (constants, views, a pointwise value that one formula alone reads) are part of the formula of who reads
 * them, and so of its box. Each name in the formula of a box is then a box too, and there is a wire from it.
 */
import type { ExplainedNode, NodeId, PictureBox } from "../explanation.ts";

/** A box before it has a place. */
export interface Drawn {
  readonly node: ExplainedNode;
  readonly kind: PictureBox["kind"];
  readonly nodes: readonly NodeId[];
  /** The drawn nodes that its formula reads, each once. */
  readonly reads: readonly NodeId[];
}

const isLeaf = ({ op }: ExplainedNode): boolean => ["input", "parameter", "state", "argument"].includes(op);

const isDrawn = (node: ExplainedNode): boolean =>
  isLeaf(node) || node.isNamed || node.outputs.length > 0 || node.users.length === 0;

export function chooseBoxes(nodes: readonly ExplainedNode[]): Drawn[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return nodes.filter(isDrawn).map((node): Drawn => {
    const { folded, reads } = within(node, byId);
    const kind = isLeaf(node) ? "leaf" : node.outputs.length > 0 ? "result" : "value";
    return { node, kind, nodes: [node.id, ...folded], reads };
  });
}

/** What the formula of a node writes out, and what it calls by name. */
function within(node: ExplainedNode, byId: ReadonlyMap<NodeId, ExplainedNode>) {
  const folded = new Set<NodeId>();
  const reads = new Set<NodeId>();
  const waiting = [...node.operands].reverse();
  while (waiting.length > 0) {
    const operand = byId.get(waiting.pop() ?? "");
    if (operand === undefined || folded.has(operand.id) || operand === node) continue;
    if (isDrawn(operand)) reads.add(operand.id);
    else {
      folded.add(operand.id);
      waiting.push(...[...operand.operands].reverse());
    }
  }
  return { folded: [...folded], reads: [...reads] };
}
