/** What reductions over axes share: which loops they need, and where the reduced axes stand in the operand. */
import type { Axes, Node } from "../ir/nodes.ts";
import type { Dimension } from "../ir/types.ts";
import type { Expression } from "../loop/expressions.ts";
import { elementAt, indicesOf, tensorOf } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

interface ReductionNode {
  readonly operands: { readonly x: Node };
  readonly attributes: { readonly axes: Axes };
}

export const axesSizes = ({ operands: { x }, attributes: { axes } }: ReductionNode): readonly Dimension[] =>
  axes.map((axis) => x.type.shape[axis]);

/** The operand's index, from the result's (`at`) and the reduced axes' (`along`). */
export function mergeAxes(
  { operands: { x }, attributes: { axes } }: ReductionNode,
  at: readonly Expression[],
  along: readonly Expression[],
): Expression[] {
  const kept = at[Symbol.iterator]();
  return x.type.shape.map((_, axis) => {
    const place = axes.indexOf(axis);
    return place >= 0 ? along[place] : (kept.next().value ?? along[0]);
  });
}

export function reduceTensor(
  x: Tensor,
  axes: Axes,
  shape: readonly number[],
  initial: number,
  combine: (sum: number, value: number) => number,
): Tensor {
  const reduced = axes.map((axis) => x.shape[axis]);
  return tensorOf(shape, (at) => {
    let result = initial;
    for (const along of indicesOf(reduced)) {
      let next = 0;
      const full = x.shape.map((_, axis) => (axes.includes(axis) ? along[axes.indexOf(axis)] : at[next++]));
      result = combine(result, elementAt(x, full));
    }
    return result;
  });
}
