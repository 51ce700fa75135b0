/** One name for each node of a graph, in all views and in the emitted code: what code stores is called as it is there. */
import { nameAll } from "../ir/names.ts";
import type { Graph, Node } from "../ir/nodes.ts";
import { stepsOf } from "../ir/recurrence.ts";
import { chooseStored } from "../lower/choose-stored.ts";
import { hasTrait } from "../ops/index.ts";

/** Of a graph as it is lowered, the steps of its recurrences included. */
export function nodeNames(graph: Graph): ReadonlyMap<Node, string> {
  const steps = stepsOf(graph).map(({ step }) => step);
  const stored = new Set([graph, ...steps].flatMap((part) => [...chooseStored(part)]));
  const all = [...graph.nodes, ...steps.flatMap(({ nodes }) => nodes)];
  const hasPlace = (node: Node) => stored.has(node) || hasTrait(node, "leaf");
  return nameAll([...all.filter(hasPlace), ...all.filter((node) => !hasPlace(node))]);
}
