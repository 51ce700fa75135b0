/**
 * Purpose   Compute pointwise ops over constants, and over views of constants, at compile time.
 * Requires  a verified graph.
 * Ensures   no pointwise node has only scalar constants (or broadcasts of them) as operands. Values are
 *           computed in doubles by the ops' reference evaluation; a constant of f32 is rounded when it is
 *           stored, not before.
 * Example   %a = constant {"value":2} ; %b = multiply %a, %a   =>   %b = constant {"value":4}
 */
import { isConstant, rewriteGraph } from "../ir/builder.ts";
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { evaluateOp, hasTrait } from "../ops/index.ts";
import { definePass } from "./define.ts";

/** The common value of all elements of `node`, if all are equal and the value is known. */
function uniformValue(node: Node): number | undefined {
  if (isConstant(node)) return node.attributes.value;
  if (!hasTrait(node, "view") || hasTrait(node, "fills")) return undefined;
  const [first, ...others] = operandsOf(node).map(uniformValue);
  // In this comparison, 0 and −0 differ, and NaN equals itself.
  return others.every((value) => Object.is(value, first)) ? first : undefined;
}

const pass = "fold-constants";

export const foldConstants = definePass(pass, (graph, g) =>
  rewriteGraph(graph, g, (node) => {
    if (!hasTrait(node, "pointwise") || node.type.element === "bool") return node;
    const list = operandsOf(node).map(uniformValue);
    if (list.includes(undefined)) return node;
    const names = Object.keys(node.operands);
    const operands = Object.fromEntries(
      names.map((name, i) => [name, { shape: [], data: Float64Array.of(list[i] ?? 0) }]),
    );
    const [value] = evaluateOp(node, operands, [], 1).data;
    const origin = { ...node.origin, rewrites: [...(node.origin.rewrites ?? []), { rule: pass, pass }] };
    return g.within(origin, () => g.broadcastTo(g.number(value, node.type.element), node.type.shape));
  }),
);
