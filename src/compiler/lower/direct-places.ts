/** What a program leaves in storage, and where. */
import { leafName } from "../ir/nodes.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { stepsOf } from "../ir/recurrence.ts";

/**
 * The outputs that are computed in their place of storage. Others are copied there: a place that is still
 * read as what it was before is written last.
 */
export function directPlaces(graph: Graph): Map<Node, string> {
  const all = [graph, ...stepsOf(graph).map(({ step }) => step)].flatMap(({ nodes }) => nodes);
  const read = new Set(all.flatMap((node) => leafName(node) ?? []));
  const direct = new Map<Node, string>();
  for (const { storage, node } of graph.outputs)
    if (leafName(node) === undefined && !direct.has(node) && !read.has(storage)) direct.set(node, storage);
  return direct;
}
