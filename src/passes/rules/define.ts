/**
 * What a rewrite rule is: a name, the equation it stands for, and a function that gives the better node or nothing.
 * Law: a rule never makes things worse, and is exact in floating point unless marked `fast`.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName } from "../../ir/nodes.ts";
import { hasTrait } from "../../ops/index.ts";

export interface Rule {
  readonly name: string;
  readonly equation: string;
  /** May change rounding, the sign of zero, or what becomes of infinities. */
  readonly fast?: true;
  apply(node: Node, g: GraphBuilder): Node | undefined;
}

export const defineRule = (rule: Rule): Rule => rule;

export const is = <K extends OpName>(node: Node, op: K): node is Extract<Node, NodeOf<K>> => node.op === op;

/** The number that a constant, or a broadcast of one, holds everywhere. */
export function scalarOf(node: Node): number | undefined {
  if (is(node, "constant")) return node.attributes.value;
  return is(node, "broadcast") ? scalarOf(node.operands.x) : undefined;
}

/** Both orders of a commutative node's operands, one order of others. */
export function orders(node: Node): (readonly [Node, Node])[] {
  const [x, y] = operandsOf(node);
  return hasTrait(node, "commutative") ? [[x, y], [y, x]] : [[x, y]]; // prettier-ignore
}

/** The first result of `attempt` over the orders of the operands. */
export function either(node: Node, attempt: (x: Node, y: Node) => Node | undefined): Node | undefined {
  for (const [x, y] of orders(node)) {
    const result = attempt(x, y);
    if (result !== undefined) return result;
  }
  return undefined;
}
