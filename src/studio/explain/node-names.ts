/**
 * One name for each node of a graph, in all views and in the emitted code: what code stores is called as it
 * is there.
 */
import { nameAll } from "../../compiler/ir/names.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { stepsOf } from "../../compiler/ir/recurrence.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { hasTrait } from "../../compiler/ops/index.ts";

/** Of a graph as it is lowered, the steps of its recurrences included. */
export function nodeNames(graph: Graph): ReadonlyMap<Node, string> {
  const steps = stepsOf(graph).map(({ step }) => step);
  const stored = new Set([graph, ...steps].flatMap((part) => [...chooseStored(part)]));
  const all = [...graph.nodes, ...steps.flatMap(({ nodes }) => nodes)];
  const hasPlace = (node: Node) => stored.has(node) || hasTrait(node, "leaf");
  return nameAll([...all.filter(hasPlace), ...all.filter((node) => !hasPlace(node))]);
}
