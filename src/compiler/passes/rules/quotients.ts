/**
 * Rules for quotients. Together with the rules for sums, they simplify the derivative of a normalisation to
 * its three terms: dx = (γ / σ) · (dy − mean(dy) − x̂ · mean(dy · x̂)). A "repeated" value is a broadcast.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Axes, Node, NodeOf } from "../../ir/nodes.ts";
import { constantFactor, defineRule, either, is, isNormal, scalarOf } from "./define.ts";

type Repeated = NodeOf<"broadcast">;

interface Quotient {
  readonly x: Node;
  readonly divisor: Repeated;
}

/** Matches x / c with a repeated c. Returns x and c. */
function quotientOf(node: Node): Quotient | undefined {
  if (!is(node, "divide") || !is(node.operands.y, "broadcast")) return undefined;
  return { x: node.operands.x, divisor: node.operands.y };
}

/** Matches broadcast (x / c), the quotient of a repeated x and a repeated c. Returns these two. */
function repeatedQuotientOf(node: Node, g: GraphBuilder): Quotient | undefined {
  if (!is(node, "broadcast") || !is(node.operands.x, "divide")) return undefined;
  const [x, divisor] = operandsOf(node.operands.x).map((part) => g.broadcast(part, node.attributes));
  return is(divisor, "broadcast") ? { x, divisor } : undefined;
}

/** Matches broadcast (x / c) · y. Returns the product of the repeated x with y, and the repeated c. */
function scaledQuotientOf(node: Node, g: GraphBuilder): Quotient | undefined {
  if (!is(node, "multiply")) return undefined;
  const { x, y } = node.operands;
  const [left, right] = [repeatedQuotientOf(x, g), repeatedQuotientOf(y, g)];
  if (left !== undefined) return { x: g.multiply(left.x, y), divisor: left.divisor };
  return right && { x: g.multiply(x, right.x), divisor: right.divisor };
}

const sameRepetition = (a: Repeated, b: Repeated): boolean =>
  a.operands.x === b.operands.x && a.attributes.axes.join() === b.attributes.axes.join();

/** The depth of the searches below, in operations. */
const deepest = 6;

/**
 * Whether x is a sum, or a product or quotient with a sum as an operand. Such a value has few elements, so
 * one more division is cheap.
 */
function isOfSum(x: Node, depth = 0): boolean {
  if (is(x, "reduceSum")) return true;
  if (depth === deepest || !(is(x, "negate") || is(x, "multiply") || is(x, "divide"))) return false;
  return operandsOf(x).some((operand) => isOfSum(operand, depth + 1));
}

/** Whether x is a scalar or a repeated scalar. */
const isScalar = (x: Node): boolean =>
  x.type.shape.length === 0 || (is(x, "broadcast") && isScalar(x.operands.x));

/**
 * Returns the node x / broadcast `divisor` if `u` is computed from this node. `axes` are the axes of the
 * broadcast.
 */
function quotientWithin(u: Node, x: Node, divisor: Node, axes: Axes, depth = 0): Node | undefined {
  const quotient = quotientOf(u);
  if (
    quotient?.x === x &&
    quotient.divisor.operands.x === divisor &&
    quotient.divisor.attributes.axes.join() === axes.join()
  )
    return u;
  if (depth === deepest) return undefined;
  for (const operand of operandsOf(u)) {
    const found = quotientWithin(operand, x, divisor, axes, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A product of numerators over a product of denominators. */
interface Monomial {
  readonly numerators: readonly Node[];
  readonly denominators: readonly Node[];
}

/** The factors of nested products and quotients. */
function monomialOf(x: Node, depth = 0): Monomial {
  if (depth === deepest || !(is(x, "multiply") || is(x, "divide")))
    return { numerators: [x], denominators: [] };
  const [a, b] = operandsOf(x).map((operand) => monomialOf(operand, depth + 1));
  const [above, below] = is(x, "multiply") ? [b.numerators, b.denominators] : [b.denominators, b.numerators];
  return {
    numerators: [...a.numerators, ...above],
    denominators: [...a.denominators, ...below],
  };
}

/** Returns `all` without one occurrence of each member of `some`; undefined if a member is missing. */
function without(all: readonly Node[], some: readonly Node[]): readonly Node[] | undefined {
  let rest = all;
  for (const each of some) {
    const at = rest.indexOf(each);
    if (at < 0) return undefined;
    rest = rest.toSpliced(at, 1);
  }
  return rest;
}

/**
 * Returns the quotient x / c of repeated x and c if it is a product. This is the case if all factors of c
 * cancel, x has at least one more factor, and no denominator remains.
 */
function dividedBy(x: Node, c: Repeated, g: GraphBuilder): Node | undefined {
  if (!is(x, "broadcast") || x.attributes.axes.join() !== c.attributes.axes.join()) return undefined;
  const [all, some] = [monomialOf(x.operands.x), monomialOf(c.operands.x)];
  const numerators = without(all.numerators, some.numerators);
  const denominators = without(all.denominators, some.denominators);
  if (numerators === undefined || numerators.length === 0 || denominators?.length !== 0) return undefined;
  return g.broadcast(numerators.reduce(g.multiply), x.attributes);
}

/** Like {@link dividedBy}, but x may also be one factor of a product. */
const productDividedBy = (product: Node, c: Repeated, g: GraphBuilder): Node | undefined =>
  dividedBy(product, c, g) ??
  (is(product, "multiply")
    ? either(product, (x, y) => {
        const divided = dividedBy(x, c, g);
        return divided && g.multiply(divided, y);
      })
    : undefined);

export const quotientRules = [
  defineRule({
    name: "cancel-constants",
    equation:
      "c · (x / (d · y)) = (c / d) · (x / y), for normal constants c and d and a value x that is not constant",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (outer, quotient) => {
        const c = scalarOf(outer);
        // A reciprocal such as 1 / (3 · n) is not rewritten.
        if (c === undefined || !is(quotient, "divide") || scalarOf(quotient.operands.x) !== undefined)
          return undefined;
        const divisor = constantFactor(quotient.operands.y);
        if (divisor === undefined || !isNormal(c, node.type.element)) return undefined;
        const factor = c / divisor.value;
        if (!isNormal(factor, node.type.element)) return undefined;
        return g.multiply(factor, g.divide(quotient.operands.x, divisor.rest));
      }),
  }),
  defineRule({
    name: "mean-first",
    equation: "(Σx / y) / c = (Σx / c) / y, and (Σx / y) · c = (Σx · c) / y, for a tensor y and a scalar c",
    root: ["divide", "multiply"],
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      const scaled = (quotient: Node, scalar: Node, join: (x: Node, c: Node) => Node) => {
        if (!is(quotient, "divide") || !isScalar(scalar) || isScalar(quotient.operands.y)) return undefined;
        const { x, y } = quotient.operands;
        return isOfSum(x) ? g.divide(join(x, scalar), y) : undefined;
      };
      if (is(node, "divide")) return scaled(node.operands.x, node.operands.y, g.divide);
      // Other rules move constants outward instead.
      return either(node, (x, c) => (scalarOf(c) === undefined ? scaled(x, c, g.multiply) : undefined));
    },
  }),
  defineRule({
    name: "reuse-quotient",
    equation: "(u / c) · x = u · (x / c), for repeated u and c, where u is computed from x / c",
    root: "multiply",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) =>
      either(node, (repeated, x) => {
        if (!is(repeated, "broadcast") || !is(repeated.operands.x, "divide")) return undefined;
        const { x: u, y: c } = repeated.operands.x.operands;
        const quotient = quotientWithin(u, x, c, repeated.attributes.axes);
        return quotient && g.multiply(g.broadcast(u, repeated.attributes), quotient);
      }),
  }),
  defineRule({
    name: "join-quotients",
    equation: "x / c ± y / c = (x ± y) / c, and x / c ± (y / c) · z = (x ± y · z) / c",
    root: ["add", "subtract"],
    fast: ["rounding", "underflow", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      const plain = operandsOf(node).map(quotientOf);
      // If neither is a plain quotient, one large division would replace two small ones.
      if (plain.every((quotient) => quotient === undefined)) return undefined;
      const [a, b] = operandsOf(node).map(
        (part, i) => plain[i] ?? repeatedQuotientOf(part, g) ?? scaledQuotientOf(part, g),
      );
      if (a === undefined || b === undefined || !sameRepetition(a.divisor, b.divisor)) return undefined;
      return g.divide(is(node, "add") ? g.add(a.x, b.x) : g.subtract(a.x, b.x), a.divisor);
    },
  }),
  defineRule({
    name: "divide-factor",
    equation: "(c · x) / d = (c / d) · x, for c and d repeated along the same axes",
    root: "divide",
    fast: ["rounding", "underflow", "overflow"],
    apply: (node, g) => {
      if (!is(node.operands.x, "multiply") || !is(node.operands.y, "broadcast")) return undefined;
      const { x: product, y: d } = node.operands;
      return either(product, (c, x) => {
        if (!is(c, "broadcast") || c.attributes.axes.join() !== d.attributes.axes.join()) return undefined;
        return g.multiply(g.broadcast(g.divide(c.operands.x, d.operands.x), c.attributes), x);
      });
    },
  }),
  defineRule({
    name: "factor-repeated",
    equation: "c · x ± (c · d) · y = c · (x ± d · y), for repeated c and d; the same without y",
    root: ["add", "subtract"],
    fast: ["rounding", "underflow", "overflow", "zero-sign", "non-finite"],
    apply: (node, g) => {
      const join = (x: Node, y: Node) => (is(node, "add") ? g.add(x, y) : g.subtract(x, y));
      const { x: first, y: second } = node.operands;
      const factored = (term: Node, other: Node, sum: (x: Node, y: Node) => Node) =>
        is(term, "multiply")
          ? either(term, (c, x) => {
              const rest = is(c, "broadcast") ? productDividedBy(other, c, g) : undefined;
              return rest && g.multiply(c, sum(x, rest));
            })
          : undefined;
      return factored(first, second, join) ?? factored(second, first, (x, y) => join(y, x));
    },
  }),
];
