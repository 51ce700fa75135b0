/**
 * Converts the index of an element in one shape to its index after a reshape. Axes are matched in groups of
 * equal size. An axis that both shapes have therefore keeps its index, and only split or merged axes need
 * quotients and remainders.
 */
import type { Dimension, Shape } from "../../ir/types.ts";
import { add, integer, multiply, quotient, remainder } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";

interface Group {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Divides the axes of both shapes into the smallest runs of axes with equal numbers of elements. */
function groups(from: Shape, to: Shape): Group[] {
  const result: Group[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const group = { from: [] as number[], to: [] as number[] };
    const text = (shape: Shape, axes: readonly number[]) => {
      const size = axes.reduce<number>(
        (product, axis) => (shape[axis] === "n" ? product : product * Number(shape[axis])),
        1,
      );
      return { size, batch: axes.some((axis) => shape[axis] === "n") };
    };
    for (;;) {
      const a = text(from, group.from);
      const b = text(to, group.to);
      const equal = a.size === b.size && a.batch === b.batch;
      if (equal && group.from.length + group.to.length > 0) break;
      const takeFrom =
        i < from.length && (j >= to.length || (a.batch === b.batch ? a.size <= b.size : b.batch));
      if (takeFrom) group.from.push(i++);
      else group.to.push(j++);
    }
    result.push(group);
  }
  return result;
}

const sizeAt = (dimension: Dimension): number => (dimension === "n" ? 1 : dimension);

/** The index in shape `to` of the element with index `at` in shape `from`. */
export function reshapedIndex(from: Shape, at: readonly Expression[], to: Shape): Expression[] {
  const index = new Array<Expression>(to.length);
  for (const group of groups(from, to)) {
    // Axes of size 1 have index 0 and are omitted.
    const source = group.from.filter((axis) => from[axis] !== 1);
    const target = group.to.filter((axis) => to[axis] !== 1);
    for (const axis of group.to) index[axis] = integer(0);
    if (source.length === 1 && target.length === 1) {
      index[target[0]] = at[source[0]];
      continue;
    }
    let position: Expression = integer(0);
    for (const axis of source) position = add(multiply(position, integer(sizeAt(from[axis]))), at[axis]);
    let stride = 1;
    const reversed = [...target].reverse();
    reversed.forEach((axis, k) => {
      const shifted = quotient(position, stride);
      index[axis] = k === reversed.length - 1 ? shifted : remainder(shifted, sizeAt(to[axis]));
      stride *= sizeAt(to[axis]);
    });
  }
  return index;
}
