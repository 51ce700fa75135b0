/**
 * Purpose   Compute equal values once.
 * Requires  a verified graph.
 * Ensures   no two nodes have the same op, operands and attributes; the first one stays. Operands of commutative ops
 *           count as equal in either order.
 * Example   %a = exp %x ; %b = exp %x ; %c = add %a, %b   =>   %a = exp %x ; %c = add %a, %a
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { rewriteGraph } from "../ir/rewrite.ts";
import { hasTrait } from "../ops/index.ts";
import { definePass } from "./define.ts";

export const shareSubexpressions = definePass("share-subexpressions", (graph, g) => {
  const numbers = new Map<Node, number>();
  const known = new Map<string, Node>();
  const numberOf = (node: Node): number => {
    const number = numbers.get(node) ?? numbers.size;
    numbers.set(node, number);
    return number;
  };
  const keyOf = (node: Node): string => {
    const operands = operandsOf(node).map(numberOf);
    if (hasTrait(node, "commutative")) operands.sort((a, b) => a - b);
    const attributes = JSON.stringify(node.attributes, (_, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value)
        ? String(value)
        : Object.is(value, -0)
          ? "-0"
          : value,
    );
    return `${node.op} ${operands.join()} ${attributes}`;
  };
  return rewriteGraph(graph, g, (node) => {
    const key = keyOf(node);
    const first = known.get(key);
    if (first !== undefined) return first;
    known.set(key, node);
    return node;
  });
});
