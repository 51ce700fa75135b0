/**
 * Decides which contractions are stored with their axes in another order. The result of a contraction starts
 * with its batch axes, such as the groups of a convolution. If all readers of such a result transpose it in
 * the same way, it is stored in the order of the readers, which then read it along memory. Only results in
 * which another axis precedes the rows are stored in another order: if rows come first, each row is a block of
 * memory in either order.
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Axes, Graph, Node } from "../ir/nodes.ts";
import { hasTrait } from "../ops/index.ts";

/** The axes of each such contraction, in the order of memory. */
export function chooseLayouts(graph: Graph): ReadonlyMap<Node, Axes> {
  const read = new Map<Node, Set<Node | "output">>();
  const note = (node: Node, reader: Node | "output"): void => {
    if (hasTrait(node, "contraction") && node.type.shape.indexOf("n") > 0)
      read.set(node, (read.get(node) ?? new Set()).add(reader));
  };
  for (const node of graph.nodes) for (const operand of operandsOf(node)) note(operand, node);
  for (const { node } of graph.outputs) note(node, "output");
  const layouts = new Map<Node, Axes>();
  for (const [node, readers] of read) {
    const [first, ...others] = [...readers].map((reader) =>
      reader !== "output" && reader.op === "transpose" ? reader.attributes.permutation : undefined,
    );
    if (first !== undefined && others.every((order) => order?.join() === first.join()))
      layouts.set(node, first);
  }
  return layouts;
}
