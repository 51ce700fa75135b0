/**
 * The range of a value, as far as the graph determines it. The results also hold in floating-point
 * arithmetic.
 */
import type { Node } from "../../ir/nodes.ts";
import { is, isNormal } from "./define.ts";

/** The depth of the search, in operations. */
const deepest = 6;

const isView = (x: Node) => is(x, "broadcast") || is(x, "reshape") || is(x, "transpose") || is(x, "slice");

/**
 * Whether no element is 0 or −0. This holds for positive normal constants, the number of rows, roots of such
 * values, and their sums with values that are not negative. For x ≥ 0, x + c ≥ c is true even after rounding.
 */
export function isNeverZero(x: Node, depth = 0): boolean {
  if (depth > deepest) return false;
  if (is(x, "constant")) return x.attributes.value > 0 && isNormal(x.attributes.value, x.type.element);
  if (is(x, "batchSize")) return true;
  if (is(x, "sqrt") || isView(x)) return isNeverZero(x.operands.x, depth + 1);
  if (!is(x, "add")) return false;
  const { x: a, y: b } = x.operands;
  return isPositiveSum(a, b, depth + 1) || isPositiveSum(b, a, depth + 1);
}

const isPositiveSum = (positive: Node, other: Node, depth: number): boolean =>
  isNeverZero(positive, depth) && isNotNegative(other, depth);

/**
 * Whether each element is NaN or at least −0. This holds for squares, absolute values, exponentials, and
 * their sums and means.
 */
function isNotNegative(x: Node, depth: number): boolean {
  if (depth > deepest) return false;
  const inside = (operand: Node) => isNotNegative(operand, depth + 1);
  if (is(x, "absolute") || is(x, "exp") || is(x, "sqrt")) return true;
  if (is(x, "reduceSum") || isView(x)) return inside(x.operands.x);
  if (is(x, "add")) return inside(x.operands.x) && inside(x.operands.y);
  if (is(x, "multiply"))
    return x.operands.x === x.operands.y || (inside(x.operands.x) && inside(x.operands.y));
  if (is(x, "divide")) return inside(x.operands.x) && isNeverZero(x.operands.y, depth + 1);
  return isNeverZero(x, depth);
}
