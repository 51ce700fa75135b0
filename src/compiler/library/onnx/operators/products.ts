/** Matrix products and Einstein summation, built as contractions. */
import type { Node } from "../../../ir/nodes.ts";
import type { GraphBuilder } from "../../../ir/builder.ts";
import { sameShape } from "../../../ir/types.ts";
import type { Dimension } from "../../../ir/types.ts";
import { buildWith, computed, elementwise, plainOrRefused } from "../operator.ts";
import type { Operator, OperatorContext, Operators, StoredInputs } from "../operator.ts";
import { aroundBatch, axesIn, groupsOf, isKnown, merged, partsOf } from "../values.ts";
import type { Merged, Stored } from "../values.ts";
import { transposed } from "./views.ts";

/**
 * NumPy's matmul. The last two axes are the axes of matrices; the other axes broadcast. A vector is treated as a matrix
 * with one row or one column, and that axis is then removed from the result.
 */
export function matrixProduct(g: GraphBuilder, a: Node, b: Node): Node {
  const x = a.type.shape.length === 1 ? g.reshape(a, { shape: [1, ...a.type.shape] }) : a;
  const y = b.type.shape.length === 1 ? g.reshape(b, { shape: [...b.type.shape, 1] }) : b;
  const stacked = stackedProduct(g, x, y);
  const { shape } = stacked.type;
  const rank = shape.length;
  const dropped = [...(a === x ? [] : [rank - 2]), ...(b === y ? [] : [rank - 1])];
  return dropped.length === 0
    ? stacked
    : g.reshape(stacked, { shape: shape.filter((_, axis) => !dropped.includes(axis)) });
}

function stackedProduct(g: GraphBuilder, x: Node, y: Node): Node {
  const [rankX, rankY] = [x.type.shape.length, y.type.shape.length];
  // The product of a stack with a single matrix is a contraction without batch axes.
  if (rankY === 2) return g.contract(x, y, { batchX: [], batchY: [], sumX: [rankX - 1], sumY: [0] });
  const depth = Math.max(rankX, rankY) - 2;
  const sizes = Array.from({ length: depth }, (_, axis): Dimension => {
    const pair = [x, y].map(({ type: { shape } }) => shape[axis - depth + shape.length - 2] ?? 1);
    return pair.find((size) => size !== 1) ?? 1;
  });
  const [a, b] = [x, y].map((node) => g.broadcastTo(node, [...sizes, ...node.type.shape.slice(-2)]));
  const batch = sizes.map((_, axis) => axis);
  return g.contract(a, b, { batchX: batch, batchY: batch, sumX: [depth + 1], sumY: [depth] });
}

/**
 * The product of two matrices, or of two stacks of equally many matrices, whose axes may be merged. A merged axis is
 * summed over its parts, so that no axis of the graph is merged:
 *
 *     [positions · n, k · channels] · [k · channels, filters] = [positions · n, filters]
 *
 * Undefined if the shapes are others.
 */
function mergedProduct(g: GraphBuilder, a: Node | Merged, b: Node | Merged): Node | Merged | undefined {
  const [depth, rows] = [partsOf(a).parts.length - 2, partsOf(b).parts.length - 2];
  if (depth < 0 || (rows !== 0 && rows !== depth)) return undefined;
  const [x, y] = withEqualParts(g, partsOf(a), depth + 1, partsOf(b), rows);
  const [left, right] = [groupsOf(x), groupsOf(y)];
  const stacks = Array.from({ length: rows }, (_, axis) => axis);
  const fits = [...stacks.map((axis) => [axis, axis]), [depth + 1, rows]].every(([i, k]) =>
    sameShape(left[i], right[k]),
  );
  if (!fits) return undefined;
  const product = g.contract(x.node, y.node, {
    batchX: stacks.flatMap((axis) => axesIn(x.parts, axis)),
    batchY: stacks.flatMap((axis) => axesIn(y.parts, axis)),
    sumX: axesIn(x.parts, depth + 1),
    sumY: axesIn(y.parts, rows),
  });
  return merged(g, product, [...x.parts.slice(0, -1), y.parts[rows + 1]]);
}

type Parts = Pick<Merged, "node" | "parts">;

/** The operands such that these axes have the same parts. */
function withEqualParts(
  g: GraphBuilder,
  x: Parts,
  axisX: number,
  y: Parts,
  axisY: number,
): readonly [Parts, Parts] {
  if (sameShape(groupsOf(x)[axisX], groupsOf(y)[axisY])) return [x, y];
  return [withFewParts(g, x, axisX), withFewParts(g, y, axisY)];
}

/** The operand with as few parts of an axis as possible. */
function withFewParts(g: GraphBuilder, x: Parts, axis: number): Parts {
  const groups = groupsOf(x).map((group, i) => (i === axis ? aroundBatch(group) : group));
  const shape = groups.flat();
  return { node: g.reshape(x.node, { shape }), parts: groups.map((group) => group.length) };
}

/** The inputs as nodes. */
const nodesOf = (context: OperatorContext, inputs: StoredInputs): readonly (Node | Merged | undefined)[] =>
  inputs.map((value) => (value === undefined || !isKnown(value) ? value : context.node(value)));

const matMul: Operator = computed((context, [a, b]) =>
  a === undefined || b === undefined ? context.refuse("needs two matrices") : matrixProduct(context.g, a, b),
);

/** y = α · A · B + β · C. A and B may be transposed, and C broadcasts. */
function gemm(context: OperatorContext, [a, b, c]: readonly (Node | undefined)[]): Node {
  const { g } = context;
  if (a === undefined || b === undefined) return context.refuse("needs two matrices");
  const sumX = context.integer("transA", 0) !== 0 ? 0 : 1;
  const sumY = context.integer("transB", 0) !== 0 ? 1 : 0;
  const product = g.contract(a, b, { batchX: [], batchY: [], sumX: [sumX], sumY: [sumY] });
  return addScaled(context, product, c);
}

/** α · x + β · c */
function addScaled(context: OperatorContext, x: Node, c: Node | undefined): Node {
  const { g } = context;
  const [alpha, beta] = [context.real("alpha", 1), context.real("beta", 1)];
  const scaled = alpha === 1 ? x : g.multiply(alpha, x);
  if (c === undefined || beta === 0) return scaled;
  return g.add(scaled, beta === 1 ? c : g.multiply(beta, c));
}

/** The operator on merged axes, where `product` can compute it, and otherwise on the axes of the file. */
const withMerged = (
  operator: Operator,
  product: (context: OperatorContext, inputs: readonly (Node | Merged | undefined)[]) => Stored | undefined,
): Operator => ({
  ...operator,
  merged: (context, inputs) => {
    const value = product(context, nodesOf(context, inputs));
    if (value !== undefined) return [value];
    return operator.build(
      context,
      inputs.map((each) => plainOrRefused(context, each)),
    );
  },
});

const mergedGemm = (
  context: OperatorContext,
  [a, b, c]: readonly (Node | Merged | undefined)[],
): Stored | undefined => {
  const { g } = context;
  if (a === undefined || b === undefined) return undefined;
  const turned = (name: string, x: Node | Merged): Node | Merged =>
    context.integer(name, 0) !== 0 ? transposed(g, x, [1, 0]) : x;
  const product = mergedProduct(g, turned("transA", a), turned("transB", b));
  return product && buildWith(scaledSum, context, [product, c])[0];
};

const scaledSum = elementwise((context, [x, c]) => [
  x === undefined
    ? context.refuse("needs two matrices")
    : addScaled(context, context.node(x), c && context.node(c)),
]);

/** An operand of an Einstein summation, with a letter for each of its axes. */
interface Lettered {
  readonly node: Node;
  readonly letters: readonly string[];
}

/**
 * Returns the letters of a term. "…" represents all axes of the operand without a letter; they are numbered from the
 * end.
 */
function lettersOf(term: string, rank: number): string[] {
  const [before, after = ""] = term.split("...");
  if (!term.includes("...")) return [...term];
  const hidden = rank - before.length - after.length;
  return [...before, ...Array.from({ length: hidden }, (_, i) => `…${hidden - i}`), ...after];
}

/** Sums over the letters that occur in neither the result nor another operand. */
function summedAlone(g: GraphBuilder, { node, letters }: Lettered, kept: ReadonlySet<string>): Lettered {
  const axes = letters.flatMap((letter, axis) => (kept.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { node, letters };
  return { node: g.reduceSum(node, { axes }), letters: letters.filter((letter) => kept.has(letter)) };
}

/** The product of two operands, summed over the letters that occur in both of them and are not needed later. */
function joined(g: GraphBuilder, x: Lettered, y: Lettered, kept: ReadonlySet<string>): Lettered {
  const shared = x.letters.filter((letter) => y.letters.includes(letter));
  const batch = shared.filter((letter) => kept.has(letter));
  const summed = shared.filter((letter) => !kept.has(letter));
  const axes = (of: Lettered, list: readonly string[]) => list.map((letter) => of.letters.indexOf(letter));
  const free = (of: Lettered) => of.letters.filter((letter) => !shared.includes(letter));
  const node = g.contract(x.node, y.node, {
    batchX: axes(x, batch),
    batchY: axes(y, batch),
    sumX: axes(x, summed),
    sumY: axes(y, summed),
  });
  return { node, letters: [...batch, ...free(x), ...free(y)] };
}

function einsum(context: OperatorContext, inputs: readonly (Node | undefined)[]): Node {
  const { g } = context;
  const nodes = inputs.flatMap((node) => node ?? []);
  const equation = context.text("equation", "").replaceAll(" ", "");
  const [left, right] = equation.split("->");
  if (left.split(",").length !== nodes.length)
    return context.refuse(`has ${nodes.length} inputs for the equation "${equation}"`);
  const operands = left.split(",").map((term, i) => {
    const letters = lettersOf(term, nodes[i].type.shape.length);
    if (letters.length !== nodes[i].type.shape.length)
      return context.refuse(`has the term "${term}" for an input with ${nodes[i].type.shape.length} axes`);
    if (new Set(letters).size < letters.length)
      context.refuse(`reads a diagonal ("${term}"), which is not supported`);
    return { node: nodes[i], letters };
  });
  const all = operands.flatMap(({ letters }) => letters);
  const implicit = [...new Set(all)]
    .filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))
    .sort();
  const hidden = [...new Set(all.filter((letter) => letter.startsWith("…")))].sort().reverse();
  const result =
    right === undefined
      ? [...hidden, ...implicit.filter((letter) => !letter.startsWith("…"))]
      : lettersOf(right, right.replace("...", "").length + hidden.length);
  let [sum, ...rest] = operands.map((operand, i) => {
    const others = operands.filter((_, k) => k !== i).flatMap(({ letters }) => letters);
    return summedAlone(g, operand, new Set([...result, ...others]));
  });
  while (rest.length > 0) {
    const [next, ...later] = rest;
    sum = joined(g, sum, next, new Set([...result, ...later.flatMap(({ letters }) => letters)]));
    rest = later;
  }
  const permutation = result.map((letter) => sum.letters.indexOf(letter));
  return permutation.every((from, to) => from === to) ? sum.node : g.transpose(sum.node, { permutation });
}

export const productOperators: Operators = {
  MatMul: withMerged(matMul, ({ g }, [a, b]) => (a && b ? mergedProduct(g, a, b) : undefined)),
  Gemm: withMerged(computed(gemm), mergedGemm),
  Einsum: computed(einsum),
};
