/**
 * Names of values. A node may carry a wish; others are named after the layer and op they come from. `d_x` is
 * the derivative of the loss by x; a backward node that is no such derivative, but stands in the formula of
 * one, says so: `product_in_d_x`. Collisions get a number, in graph order, so names are stable.
 */
import { isMean } from "./means.ts";
import type { Node, OpName } from "./nodes.ts";

/** What the results of some ops are called. */
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

/** What the result of a node is called. */
const nounOf = (node: Node): string => (isMean(node) ? "mean" : (nouns[node.op] ?? node.op));

/** What a node would be called if no other had that name. */
export const wish = (node: Node): string => {
  if (node.name !== undefined) return node.name;
  // The same value seen otherwise goes by the same name.
  if (node.op === "cast" || node.op === "broadcast" || node.op === "reshape" || node.op === "stopGradient")
    if (node.operands.x.name !== undefined) return node.operands.x.name;
  if (node.op === "argument") return node.attributes.name;
  // A stack goes by the name of what is stacked.
  if (node.op === "scan") return wish(node.attributes.value);
  const { forward, layer, composite } = node.origin;
  if (forward !== undefined) return `${nounOf(node)}_in_d_${wish(forward)}`;
  const own = layer === undefined ? node.op : nounOf(node);
  const parts = [layer, composite ?? own];
  return parts.filter((part) => part !== undefined && part !== "").join("_");
};

/** The names of these nodes, in their order: what is not among them takes no name from them. */
export function nameAll(nodes: readonly Node[]): Map<Node, string> {
  const names = new Map<Node, string>();
  const used = new Set<string>();
  const next = new Map<string, number>();
  for (const node of nodes) {
    // One that several steps share comes more than once.
    if (names.has(node)) continue;
    const base = wish(node);
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
