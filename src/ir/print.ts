/**
 * The text form of a graph: one line a node, its type on the binder, its layer behind `//`; then the outputs.
 *
 *     %h1: f32[n,32] = contract %x, %dense1.weight {"sumX":[1],"sumY":[0]}   // dense1
 *     output "loss" = %loss
 *
 * `parse.ts` reads it back to the same graph.
 */
import { nameNodes } from "./names.ts";
import { operandsOf } from "./nodes.ts";
import type { Graph, Node } from "./nodes.ts";
import { typeText } from "./types.ts";

/** Attributes that the type on the binder or an empty list already says are left out. */
function attributesText(node: Node): string {
  const entries = Object.entries(node.attributes).filter(
    ([key, value]) => key !== "type" && !(Array.isArray(value) && value.length === 0),
  );
  const plain = entries.map(([key, value]) => [key, typeof value === "number" ? numberValue(value) : value]);
  return plain.length === 0 ? "" : ` ${JSON.stringify(Object.fromEntries(plain))}`;
}

/** JSON has no infinities and no negative zero: these become strings. */
const numberValue = (value: number): number | string =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

/** `%name: type = op %x, %y {…}`, without the comment. */
export function nodeText(node: Node, nameOf: (node: Node) => string): string {
  const operands = operandsOf(node).map((operand) => `%${nameOf(operand)}`);
  const list = operands.length === 0 ? "" : ` ${operands.join(", ")}`;
  return `%${nameOf(node)}: ${typeText(node.type)} = ${node.op}${list}${attributesText(node)}`;
}

export function printGraph(graph: Graph): string {
  const names = nameNodes(graph);
  const nameOf = (node: Node) => names.get(node) ?? "?";
  const lines = graph.nodes.map((node) => {
    const layer = node.origin.layer;
    return nodeText(node, nameOf) + (layer === undefined ? "" : `   // ${layer}`);
  });
  const outputs = graph.outputs.map(
    ({ storage, node }) => `output ${JSON.stringify(storage)} = %${nameOf(node)}`,
  );
  return [`graph ${graph.name}`, ...lines, ...outputs].join("\n") + "\n";
}
