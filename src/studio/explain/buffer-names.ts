/** Which buffer holds a value of a lowered graph. */
import { leafName } from "../../compiler/ir/nodes.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { directPlaces } from "../../compiler/lower/direct-places.ts";
import { nodeNames } from "./node-names.ts";

/**
 * Of leaves and of what would be stored if nothing were fused, the steps of recurrences included; a value
 * that is kept in a variable has no buffer of that name.
 */
export function bufferNames(graph: Graph): ReadonlyMap<Node, string> {
  const direct = directPlaces(graph);
  return new Map(
    [...nodeNames(graph)].map(([node, name]) => [node, leafName(node) ?? direct.get(node) ?? name]),
  );
}
