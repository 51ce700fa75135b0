/** The parts that reductions share: loops, and the positions of the reduced axes in the operand. */
import type { Axes, Node } from "../../ir/nodes.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Dimension, Shape } from "../../ir/types.ts";
import type { Expression } from "../../loop/expressions.ts";
import { elementAt, indicesOf, tensorOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

interface ReductionNode {
  readonly operands: { readonly x: Node };
  readonly attributes: { readonly axes: Axes };
}

export const axesSizes = ({ operands: { x }, attributes: { axes } }: ReductionNode): readonly Dimension[] =>
  axes.map((axis) => x.type.shape[axis]);

/** The index into the operand, from the index `at` of the result and the index `along` the reduced axes. */
export function mergeAxes(
  { operands: { x }, attributes: { axes } }: ReductionNode,
  at: readonly Expression[],
  along: readonly Expression[],
): Expression[] {
  const kept = at[Symbol.iterator]();
  return x.type.shape.map((_, axis) => {
    const position = axes.indexOf(axis);
    return position >= 0 ? along[position] : (kept.next().value ?? along[0]);
  });
}

/** Applies `combine` to the elements along the axes, in row-major order, for each index of the result. */
export function reduceElements(
  x: Tensor,
  axes: Axes,
  shape: readonly number[],
  combine: (elements: readonly number[]) => number,
): Tensor {
  const reduced = axes.map((axis) => x.shape[axis]);
  return tensorOf(shape, (at) => {
    const elements: number[] = [];
    for (const along of indicesOf(reduced)) {
      let next = 0;
      const full = x.shape.map((_, axis) => (axes.includes(axis) ? along[axes.indexOf(axis)] : at[next++]));
      elements.push(elementAt(x, full));
    }
    return combine(elements);
  });
}

export const reduceTensor = (
  x: Tensor,
  axes: Axes,
  shape: readonly number[],
  initial: number,
  combine: (sum: number, value: number) => number,
): Tensor =>
  reduceElements(x, axes, shape, (elements) => elements.reduce((sum, value) => combine(sum, value), initial));

/** The row-major index along the axes of each element of the shape, as an i32 node. */
export function indicesAlong(g: GraphBuilder, shape: Shape, axes: Axes): Node {
  const [first, ...rest] = axes.map((axis) => g.iota({ shape, axis }));
  const sizes = axes.map((axis) => shape[axis]);
  return rest.reduce((position, index, i) => {
    const size = sizes[i + 1];
    return g.add(g.multiply(position, size === "n" ? g.batchSize({ element: "i32" }) : size), index);
  }, first);
}
