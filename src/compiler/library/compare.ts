/**
 * What losses and metrics share: sums over all elements of a comparison, with class targets of −1 left out, and whether
 * a network's output has the target's shape.
 *
 * An element of weight w counts as w elements would: Σ is Σ w·x, and what a mean divides by is Σ w.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import type { Shape } from "../ir/types.ts";
import type { Comparison, Fit } from "./define.ts";

const allAxes = (x: Node): number[] => x.type.shape.map((_, axis) => axis);

export const sumOf = (g: GraphBuilder, x: Node): Node => g.reduceSum(x, { axes: allAxes(x) });

/** Which elements count: all of a real target (then undefined), those that are no −1 of a class target. */
const counting = (g: GraphBuilder, { target, expected }: Comparison): Node | undefined =>
  target.classes === undefined ? undefined : g.named("counted", g.lessEqual(0, expected));

/** What each element of the target weighs: its row's weight times its class's. Undefined where all weigh 1. */
export function weightOf(
  g: GraphBuilder,
  { rowWeight, classWeights, expected }: Comparison,
): Node | undefined {
  const ofRow = rowWeight && g.named("row_weight", alongRows(g, rowWeight, expected.type.shape));
  if (classWeights === undefined) return ofRow;
  // What is left out has no class, and does not count either.
  const ofClass = g.named("class_weight", g.gather(classWeights, g.maximum(expected, 0)));
  return ofRow === undefined ? ofClass : g.named("weight", g.multiply(ofRow, ofClass));
}

/** One number a row, at each place of a row of that shape. */
export const alongRows = (g: GraphBuilder, x: Node, shape: Shape): Node =>
  g.repeatAlong(
    x,
    shape.slice(1).map((_, axis) => axis + 1),
    shape,
  );

/** How many elements count, each as much as it weighs. */
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

/** Σ of a value per element, over those that count. */
export function totalOf(g: GraphBuilder, comparison: Comparison, perElement: Node): Node {
  const counts = counting(g, comparison);
  const weight = weightOf(g, comparison);
  const weighted = weight === undefined ? perElement : g.named("weighted", g.multiply(weight, perElement));
  return sumOf(g, counts === undefined ? weighted : g.select(counts, weighted, 0));
}

/** total / count. Where nothing counts the mean is 0, and so is its gradient, even if the total is not. */
export function meanOf(
  g: GraphBuilder,
  { total, count }: Readonly<Record<string, Node>>,
  { target, rowWeight, classWeights }: Comparison,
): Node {
  if (rowWeight !== undefined || classWeights !== undefined) {
    // With label smoothing an element that weighs nothing adds to the total what the other classes weigh.
    const counts = g.less(0, count);
    return g.select(counts, g.divide(total, g.named("divisor", g.select(counts, count, 1))), 0);
  }
  // Without weights less than one element is none; and of real targets none is left out.
  return g.divide(total, target.classes === undefined ? count : g.named("divisor", g.maximum(count, 1)));
}

/** The target as real numbers. */
export const realTarget = (g: GraphBuilder, { expected }: Comparison): Node =>
  expected.type.element === "i32" ? g.cast(expected, { element: g.float }) : expected;

const sameSizes = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/**
 * Whether the output is the target's shape, but perhaps for a last axis of size 1: a single unit for a single
 * number.
 */
export const fitsElementwise = ({ target, output }: Fit): boolean =>
  sameSizes(output, target.shape) ||
  sameSizes(output, [...target.shape, 1]) ||
  sameSizes([...output, 1], target.shape);

/** Whether the output has the target's classes as its last axis. */
export const fitsClasses = ({ target, output }: Fit): boolean =>
  target.classes !== undefined && sameSizes(output, [...target.shape, target.classes]);

/** `[n, 3]`: a shape of rows, as a message shows it. */
export const rowsText = (shape: readonly number[]): string => `[${["n", ...shape].join(", ")}]`;

/** Why something that compares real numbers element by element cannot; undefined if it can. */
export function refuseReal(fit: Fit): string | undefined {
  const { target, output } = fit;
  if (target.classes !== undefined) return "compares real numbers, but the target is a class index";
  if (!fitsElementwise(fit))
    return (
      `compares element by element, but the output is ${rowsText(output)} and the ` +
      `target ${rowsText(target.shape)}`
    );
  return undefined;
}

/**
 * Why something that compares yes-or-no answers cannot; undefined if it can. Answers are real targets or two
 * classes.
 */
export function refuseBinary(fit: Fit): string | undefined {
  const { target, output } = fit;
  if (target.classes === undefined) return refuseReal(fit);
  if (target.classes !== 2) return `takes two classes, but the target has ${target.classes}`;
  if (!fitsElementwise(fit))
    return `needs one score per class index, ${rowsText([...target.shape, 1])}, but the output is ${rowsText(output)}`;
  return undefined;
}
