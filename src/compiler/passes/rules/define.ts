/**
 * A rewrite rule: a name, its equation, and a function that returns the better node, or undefined where the
 * rule does not apply. Law: a rule never makes things worse. It is exact in floating point, or it lists in
 * `fast` what it may change.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, NodeOf, OpName } from "../../ir/nodes.ts";
import type { ElementType } from "../../ir/types.ts";
import { hasTrait } from "../../ops/index.ts";

/** What a fast rule may change. Both sides of every equation are equal in real arithmetic. */
export const effects = {
  /**
   * The results differ by no more than the rounding errors of both sides: u · |result| of each operation, u =
   * 2⁻⁵³ or 2⁻²⁴, and a unit in the last place of a result that is subnormal.
   */
  rounding: "rounding",
  /** An intermediate result is below the normal numbers on one side: it is rounded to a subnormal number, or to 0. */
  underflow: "underflow of an intermediate result",
  /**
   * An intermediate result is above the largest number on one side: infinity or NaN where the other side has
   * a number.
   */
  overflow: "overflow of an intermediate result",
  /** 0 instead of −0, or −0 instead of 0. */
  "zero-sign": "the sign of zero",
  /** Another infinity, NaN or number where an operand is infinite or NaN, or a divisor is 0. */
  "non-finite": "results of infinite operands, of NaN, and of divisions by 0",
} as const;

export type Effect = keyof typeof effects;

export interface Rule {
  readonly name: string;
  readonly equation: string;
  /** What the rule may change. Exact rules have none; `exact` compilations use only those. */
  readonly fast?: readonly [Effect, ...Effect[]];
  apply(node: Node, g: GraphBuilder): Node | undefined;
}

export const defineRule = (rule: Rule): Rule => rule;

export const is = <K extends OpName>(node: Node, op: K): node is Extract<Node, NodeOf<K>> => node.op === op;

/** The number that a constant, or a broadcast of one, holds everywhere. */
export function scalarOf(node: Node): number | undefined {
  if (is(node, "constant")) return node.attributes.value;
  return is(node, "broadcast") ? scalarOf(node.operands.x) : undefined;
}

/** The smallest and the largest normal number. */
const normal = { f64: [2 ** -1022, Number.MAX_VALUE], f32: [2 ** -126, (2 - 2 ** -23) * 2 ** 127] } as const;

/** Whether a constant is a normal number of the element type: not 0, subnormal, infinite or NaN. */
export function isNormal(value: number, element: ElementType): boolean {
  const [smallest, largest] = normal[element === "f64" ? "f64" : "f32"];
  return smallest <= Math.abs(value) && Math.abs(value) <= largest;
}

/**
 * c and y of c · y for a normal number c: as a factor of another number, 0 or infinity would make NaN of what
 * overflows or underflows.
 */
export function constantFactor(node: Node): { readonly value: number; readonly rest: Node } | undefined {
  if (!is(node, "multiply")) return undefined;
  const { element } = node.type;
  const { x, y } = node.operands;
  const [left, right] = [scalarOf(x), scalarOf(y)];
  if (left !== undefined) return isNormal(left, element) ? { value: left, rest: y } : undefined;
  return right === undefined || !isNormal(right, element) ? undefined : { value: right, rest: x };
}

/** Both orders of a commutative node's operands, one order of others. */
export function orders(node: Node): (readonly [Node, Node])[] {
  const [x, y] = operandsOf(node);
  return hasTrait(node, "commutative")
    ? [
        [x, y],
        [y, x],
      ]
    : [[x, y]];
}

/** The first result of `attempt` over the orders of the operands. */
export function either(node: Node, attempt: (x: Node, y: Node) => Node | undefined): Node | undefined {
  for (const [x, y] of orders(node)) {
    const result = attempt(x, y);
    if (result !== undefined) return result;
  }
  return undefined;
}
