/**
 * Helpers that losses and metrics share: sums over the elements of a comparison, and checks that the
 * network's output has the target's shape. Padding and elements whose class target is −1 do not count.
 *
 * An element of weight w counts as w elements: a total is Σ w·x, and a mean divides it by Σ w.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import type { Shape } from "../ir/types.ts";
import type { Comparison, Fit } from "./define.ts";

const allAxes = (x: Node): number[] => x.type.shape.map((_, axis) => axis);

export const sumOf = (g: GraphBuilder, x: Node): Node => g.reduceSum(x, { axes: allAxes(x) });

/** A mask of the target elements that count. Padding and elements with the class −1 do not count. */
export const counting = (g: GraphBuilder, { target, expected, isReal }: Comparison): Node | undefined =>
  target.classes === undefined ? isReal : g.named("counted", g.lessEqual(0, expected));

/**
 * The weight of each target element: the weight of its row times that of its class. Undefined if all weights
 * are 1.
 */
export function weightOf(
  g: GraphBuilder,
  { rowWeight, classWeights, expected }: Comparison,
): Node | undefined {
  const ofRow = rowWeight && g.named("row_weight", alongRows(g, rowWeight, expected.type.shape));
  if (classWeights === undefined) return ofRow;
  // An element with target −1 has no class. It does not count, so its weight is arbitrary.
  const ofClass = g.named("class_weight", g.gather(classWeights, g.maximum(expected, 0)));
  return ofRow === undefined ? ofClass : g.named("weight", g.multiply(ofRow, ofClass));
}

/** One number per row, repeated over each row of `shape`. */
export const alongRows = (g: GraphBuilder, x: Node, shape: Shape): Node =>
  g.repeatAlong(
    x,
    shape.slice(1).map((_, axis) => axis + 1),
    shape,
  );

/** The number of elements that count, or the sum of their weights. */
export function countOf(g: GraphBuilder, comparison: Comparison): Node {
  const counts = counting(g, comparison);
  const weight = weightOf(g, comparison);
  if (weight !== undefined) return sumOf(g, counts === undefined ? weight : g.select(counts, weight, 0));
  if (counts !== undefined) return sumOf(g, g.cast(counts, { element: g.float }));
  const { expected } = comparison;
  const rows = g.batchSize({ element: g.float });
  const size = expected.type.shape.reduce<number>((product, d) => (d === "n" ? product : product * d), 1);
  return size === 1 ? rows : g.multiply(rows, size);
}

/** The sum of one value per element, over the elements that count. */
export function totalOf(g: GraphBuilder, comparison: Comparison, perElement: Node): Node {
  const counts = counting(g, comparison);
  const weight = weightOf(g, comparison);
  const weighted = weight === undefined ? perElement : g.named("weighted", g.multiply(weight, perElement));
  return sumOf(g, counts === undefined ? weighted : g.select(counts, weighted, 0));
}

/** total / count. If no element counts, the mean and its gradient are 0, even if the total is not. */
export function meanOf(
  g: GraphBuilder,
  { total, count }: Readonly<Record<string, Node>>,
  { target, rowWeight, classWeights, isReal }: Comparison,
): Node {
  if (rowWeight !== undefined || classWeights !== undefined) {
    // With label smoothing, an element of weight 0 still adds the terms of the other classes to the total.
    const counts = g.less(0, count);
    return g.select(counts, g.divide(total, g.named("divisor", g.select(counts, count, 1))), 0);
  }
  // Without weights, the count is 0 or at least 1. Without padding, every element of a real target counts.
  const allCount = target.classes === undefined && isReal === undefined;
  return g.divide(total, allCount ? count : g.named("divisor", g.maximum(count, 1)));
}

/** The values 0 and 1, or −1 and 1: the targets of margin losses and of accuracy. */
export const twoSides = { lowest: -1, highest: 1, isWhole: true } as const;

/** The target as real numbers. */
export const realTarget = (g: GraphBuilder, { expected }: Comparison): Node =>
  expected.type.element === "i32" ? g.cast(expected, { element: g.float }) : expected;

const sameSizes = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** Whether the output has the target's shape. Either of them may lack a last axis of size 1. */
export const fitsElementwise = ({ target, output }: Fit): boolean =>
  sameSizes(output, target.shape) ||
  sameSizes(output, [...target.shape, 1]) ||
  sameSizes([...output, 1], target.shape);

/** Whether the last axis of the output has one element for each class of the target. */
export const fitsClasses = ({ target, output }: Fit): boolean =>
  target.classes !== undefined && sameSizes(output, [...target.shape, target.classes]);

/** A shape of rows in messages, such as `[n, 3]`. */
export const rowsText = (shape: readonly number[]): string => `[${["n", ...shape].join(", ")}]`;

/**
 * Returns the reason why real numbers of these shapes cannot be compared element by element; undefined if
 * they can.
 */
export function refuseReal(fit: Fit): string | undefined {
  const { target, output } = fit;
  if (target.classes !== undefined) return "compares real numbers, but the target contains class indices";
  if (!fitsElementwise(fit))
    return (
      `compares element by element, but the output has the shape ${rowsText(output)} and the ` +
      `target has the shape ${rowsText(target.shape)}`
    );
  return undefined;
}

/**
 * Returns the reason why yes-or-no outcomes of these shapes cannot be compared; undefined if they can.
 * Outcomes are real targets, or targets of two classes.
 */
export function refuseBinary(fit: Fit): string | undefined {
  const { target, output } = fit;
  if (target.classes === undefined) return refuseReal(fit);
  if (target.classes !== 2) return `needs a target with 2 classes, but the target has ${target.classes}`;
  if (!fitsElementwise(fit))
    return (
      `needs an output of the shape ${rowsText([...target.shape, 1])}, one score per class index, ` +
      `got ${rowsText(output)}`
    );
  return undefined;
}
