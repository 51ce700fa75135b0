/**
 * What became of the nodes that were differentiated. Passes make new nodes of old ones and keep no record, so
 * a node is found again by being the same one; else by computing the same of the same; else by its name.
 */
import { collectNodes, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Node } from "../../compiler/ir/nodes.ts";
import { hasTrait } from "../../compiler/ops/index.ts";

/** Gives the node among `nodes` (operands first) that one of `forward` is now. */
export function forwardImages(
  nodes: readonly Node[],
  forward: readonly Node[],
): (node: Node) => Node | undefined {
  const present = new Set(nodes);
  const keys = valueKeys();
  const byKey = new Map<number, Node>();
  for (const node of nodes) byKey.set(keys(node), node);
  const byName = new Map(
    nodes.flatMap((node): [string, Node][] =>
      node.name === undefined || node.origin.forward !== undefined ? [] : [[node.name, node]],
    ),
  );
  for (const node of collectNodes(forward.map((each, i) => ({ storage: String(i), node: each })))) keys(node);
  return (node) => {
    if (present.has(node)) return node;
    return byKey.get(keys(node)) ?? (node.name === undefined ? undefined : byName.get(node.name));
  };
}

/**
 * Equal numbers for equal values, as far as that shows: asked of operands before it is asked of those who
 * read them.
 */
function valueKeys(): (node: Node) => number {
  const numbers = new Map<string, number>();
  const known = new Map<Node, number>();
  const identities = new Map<object, number>();
  const identity = (x: object): number => {
    const number = identities.get(x) ?? identities.size;
    identities.set(x, number);
    return number;
  };
  const textOf = (node: Node): string => {
    if (node.op === "argument") return `argument ${identity(node)}`;
    if (node.op === "scan")
      return `scan ${identity(node.attributes.recurrence)} ${identity(node.attributes.value)}`;
    const operands = operandsOf(node).map(keyOf);
    if (hasTrait(node, "commutative")) operands.sort((a, b) => a - b);
    return `${node.op} ${operands.join()} ${JSON.stringify(node.attributes)}`;
  };
  const keyOf = (node: Node): number => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const number = node.op === "stopGradient" ? keyOf(node.operands.x) : numberOf(textOf(node));
    known.set(node, number);
    return number;
  };
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return keyOf;
}
