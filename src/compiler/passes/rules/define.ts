/**
 * A rewrite rule: a name, an equation, and a function that returns the replacement of a node, or undefined if
 * the rule does not apply. A rule never increases the cost. In floating point, a rule without `fast` is
 * exact; `fast` lists the effects that a rule may have on results.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node, OpName } from "../../ir/nodes.ts";
import type { ElementType } from "../../ir/types.ts";
import { hasTrait } from "../../ops/index.ts";

/** The effects that a fast rule may have. In real arithmetic, both sides of every equation are equal. */
export const effects = {
  /**
   * The results differ by at most the rounding errors of both sides. Each operation has an error of u ·
   * |result|, where u is 2⁻⁵³ or 2⁻²⁴, or of one unit in the last place if the result is subnormal.
   */
  rounding: "rounding",
  /**
   * On one side, an intermediate result is below the smallest normal number. It is rounded to a subnormal
   * number or to 0.
   */
  underflow: "underflow of an intermediate result",
  /**
   * On one side, an intermediate result is above the largest number. This side is infinite or NaN, and the
   * other side is a number.
   */
  overflow: "overflow of an intermediate result",
  /** The result may be 0 instead of −0, or −0 instead of 0. */
  "zero-sign": "the sign of zero",
  /**
   * The two sides may differ if an operand is infinite or NaN, or if a divisor is 0: they can be different
   * infinities, NaN, or finite numbers.
   */
  "non-finite": "results of infinite operands, of NaN, and of divisions by 0",
} as const;

export type Effect = keyof typeof effects;

export interface Rule {
  readonly name: string;
  readonly equation: string;
  /** The ops of the nodes that the rule can replace. */
  readonly roots: readonly OpName[];
  /**
   * The effects of a fast rule. Exact rules omit this member, and `exact` compilations use only exact rules.
   */
  readonly fast?: readonly [Effect, ...Effect[]];
  /** The replacement of a node of any op; undefined if the rule does not apply. */
  apply(node: Node, g: GraphBuilder): Node | undefined;
}

/** A node of one of these ops. */
type NodeOfAny<K extends OpName> = Extract<Node, { readonly op: K }>;

/** Makes a rule for nodes of the op `root`, or of several ops. */
export function defineRule<K extends OpName>({
  root,
  apply,
  ...rule
}: Omit<Rule, "roots" | "apply"> & {
  readonly root: K | readonly K[];
  apply(node: NodeOfAny<K>, g: GraphBuilder): Node | undefined;
}): Rule {
  const roots = typeof root === "string" ? [root] : root;
  const isRoot = (node: Node): node is NodeOfAny<K> => roots.some((op) => op === node.op);
  return { ...rule, roots, apply: (node, g) => (isRoot(node) ? apply(node, g) : undefined) };
}

export const is = <K extends OpName>(node: Node, op: K): node is NodeOfAny<K> => node.op === op;

/** The value of a constant or of a broadcast constant. */
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
 * Returns the constant c and the operand y of c · y, if c is a normal number. A factor of 0 or infinity must
 * not be moved: if an intermediate result overflowed or underflowed, the result would be NaN.
 */
export function constantFactor(node: Node): { readonly value: number; readonly rest: Node } | undefined {
  if (!is(node, "multiply")) return undefined;
  const { element } = node.type;
  const { x, y } = node.operands;
  const [left, right] = [scalarOf(x), scalarOf(y)];
  if (left !== undefined) return isNormal(left, element) ? { value: left, rest: y } : undefined;
  return right === undefined || !isNormal(right, element) ? undefined : { value: right, rest: x };
}

/** The operands in both orders if the op is commutative, else only in the given order. */
export function orders(node: Node): (readonly [Node, Node])[] {
  const [x, y] = operandsOf(node);
  return hasTrait(node, "commutative")
    ? [
        [x, y],
        [y, x],
      ]
    : [[x, y]];
}

/** Calls `attempt` for each order of the operands. Returns the first result that is not undefined. */
export function either(node: Node, attempt: (x: Node, y: Node) => Node | undefined): Node | undefined {
  for (const [x, y] of orders(node)) {
    const result = attempt(x, y);
    if (result !== undefined) return result;
  }
  return undefined;
}
