/**
 * Names of values. A node with a name hint uses it; every other node is named after its layer and its op.
 * `d_x` is the derivative of the loss with respect to x. A backward node that occurs only inside the formula
 * of a derivative is named after its op and the derivative: `product_in_d_x`. If two nodes get the same name,
 * the later one gets a number, in graph order, so names are stable.
 */
import { isMean } from "./means.ts";
import type { Node, OpName } from "./nodes.ts";

/** The nouns for the results of ops. An op without an entry uses its own name. */
const nouns: Partial<Record<OpName, string>> = {
  add: "sum",
  subtract: "difference",
  multiply: "product",
  divide: "quotient",
  contract: "product",
  reduceSum: "sum",
  reduceMax: "maximum",
  sqrt: "root",
  select: "choice",
  equal: "mask",
  less: "mask",
  lessEqual: "mask",
};

/** The noun for the result of a node. */
const nounOf = (node: Node): string => (isMean(node) ? "mean" : (nouns[node.op] ?? node.op));

/** The name of a node before collisions are resolved. */
export const nameHint = (node: Node): string => {
  if (node.name !== undefined) return node.name;
  // A view or a conversion has the name of its operand.
  if (node.op === "cast" || node.op === "broadcast" || node.op === "reshape" || node.op === "stopGradient")
    if (node.operands.x.name !== undefined) return node.operands.x.name;
  if (node.op === "argument") return node.attributes.name;
  // A scan has the name of the value that it stacks.
  if (node.op === "scan") return nameHint(node.attributes.value);
  const { forward, layer, composite } = node.origin;
  if (forward !== undefined) return `${nounOf(node)}_in_d_${nameHint(forward)}`;
  const own = layer === undefined ? node.op : nounOf(node);
  const parts = [layer, composite ?? own];
  return parts.filter((part) => part !== undefined && part !== "").join("_");
};

/** Unique names for these nodes, in order. Nodes outside the list do not reserve names. */
export function nameAll(nodes: readonly Node[]): Map<Node, string> {
  const names = new Map<Node, string>();
  const used = new Set<string>();
  const next = new Map<string, number>();
  for (const node of nodes) {
    // If several steps share a node, the list contains it several times.
    if (names.has(node)) continue;
    const base = nameHint(node);
    let name = base;
    for (let k = next.get(base) ?? 2; used.has(name); k++) {
      name = `${base}_${k}`;
      next.set(base, k + 1);
    }
    used.add(name);
    names.set(node, name);
  }
  return names;
}
