/**
 * Purpose   Common-subexpression elimination: compute equal values once.
 * Requires  a verified graph.
 * Ensures   no two nodes have the same op, operands and attributes; of equal nodes, the first one remains.
 *           Operands of commutative ops are equal in either order.
 * Example   %a = exp %x ; %b = exp %x ; %c = add %a, %b   =>   %a = exp %x ; %c = add %a, %a
 */
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { rewriteGraph } from "../ir/builder.ts";
import { hasTrait } from "../ops/index.ts";
import { definePass } from "./define.ts";

/** A key that is equal for equal attributes. Recurrences and their nodes are compared by identity. */
function attributesKey(node: Node, numberOf: (x: object) => number): string {
  if (node.op === "scan") return `${numberOf(node.attributes.recurrence)} ${numberOf(node.attributes.value)}`;
  return JSON.stringify(node.attributes, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value)
      ? String(value)
      : Object.is(value, -0)
        ? "-0"
        : value,
  );
}

export const shareSubexpressions = definePass("share-subexpressions", (graph, g) => {
  const numbers = new Map<object, number>();
  const known = new Map<string, Node>();
  const numberOf = (x: object): number => {
    const number = numbers.get(x) ?? numbers.size;
    numbers.set(x, number);
    return number;
  };
  const keyOf = (node: Node): string => {
    const operands = operandsOf(node).map(numberOf);
    if (hasTrait(node, "commutative")) operands.sort((a, b) => a - b);
    return `${node.op} ${operands.join()} ${attributesKey(node, numberOf)}`;
  };
  return rewriteGraph(graph, g, (node) => {
    const key = keyOf(node);
    const first = known.get(key);
    if (first !== undefined) return first;
    known.set(key, node);
    return node;
  });
});
