/**
 * Windows and their adjoint as `Gather` with constant indices, one axis after the other. Neither adds into positions in
 * an order that depends on the runtime, so the results are reproducible.
 */
import type { WindowShape } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { axesOf } from "./context.ts";
import type { Context, Rule } from "./context.ts";
import type { Value } from "./graph-writer.ts";

/** The window positions o and offsets k of one axis, and the element o·stride + k·dilation that each reads. */
interface Windows {
  readonly axis: number;
  readonly positions: number;
  readonly offsets: number;
  elementAt(o: number, k: number): number;
}

const windowsOf = (shape: Shape, { axes, size, stride, dilation }: WindowShape): readonly Windows[] =>
  axes.map((axis, i) => ({
    axis,
    positions: Number(shape[axis]),
    offsets: size[i],
    elementAt: (o, k) => o * stride[i] + k * dilation[i],
  }));

/** The permutation that moves one axis to another position. */
function moved(rank: number, from: number, to: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return axes.toSpliced(from, 1).toSpliced(to, 0, from);
}

/** z[…o…, k] = x[…o·stride + k·dilation…]: Gather puts k next to o, and a transpose moves it to the end. */
export const window: Rule<"window"> = ({ operands: { x }, attributes, type }, c) =>
  windowsOf(type.shape, attributes).reduce((value, { axis, positions, offsets, elementAt }, i) => {
    const indices = Array.from({ length: positions * offsets }, (_, at) =>
      elementAt(Math.floor(at / offsets), at % offsets),
    );
    const gathered = c.make("Gather", [value, c.writer.constant("i64", [positions, offsets], indices)], {
      axis,
    });
    const rank = x.type.shape.length + i + 1;
    return c.transpose(gathered, moved(rank, axis + 1, rank - 1));
  }, c.value(x));

/**
 * z[i] = Σ x[o, k] over all o·stride + k·dilation = i. For each i, the pairs (o, k) are gathered and added. Positions
 * in fewer windows than others gather a zero that is appended.
 */
export const fold: Rule<"fold"> = ({ operands: { x }, attributes, type }, c) => {
  const axes = windowsOf(x.type.shape, attributes);
  let shape = x.type.shape;
  let value = c.value(x);
  for (const windows of axes.toReversed()) {
    const folded = foldAxis(value, shape, windows, Number(type.shape[windows.axis]), type.element, c);
    value = folded;
    shape = shape.slice(0, -1).with(windows.axis, type.shape[windows.axis]);
  }
  return value;
};

/** Folds the last axis of x, which has the offsets k, into the axis with the positions o. */
function foldAxis(
  x: Value,
  shape: Shape,
  { axis, positions, offsets, elementAt }: Windows,
  length: number,
  element: "f32" | "f64" | "i32" | "bool",
  c: Context,
): Value {
  const pairs = Array.from({ length }, (): number[] => []);
  for (let at = 0; at < positions * offsets; at++)
    pairs[elementAt(Math.floor(at / offsets), at % offsets)].push(at);
  const most = Math.max(...pairs.map((list) => list.length));
  const zero = positions * offsets;
  const indices = pairs.flatMap((list) => Array.from({ length: most }, (_, i) => list[i] ?? zero));

  const rank = shape.length;
  const order = moved(rank, rank - 1, axis + 1);
  const arranged = order.map((from) => shape[from]);
  const merged = [
    ...axesOf(arranged.slice(0, axis)),
    [positions, offsets],
    ...axesOf(arranged.slice(axis + 2)),
  ];
  const joined = c.reshape(c.transpose(x, order), axesOf(arranged), merged);
  const none = merged.map(() => 0);
  const end = indices.includes(zero) ? none.with(axis, 1) : none;
  const padded = c.pad(joined, none, end, 0, element);
  if (most === 1) return c.make("Gather", [padded, c.writer.integers(indices)], { axis });
  const gathered = c.make("Gather", [padded, c.writer.constant("i64", [length, most], indices)], { axis });
  return c.sum(gathered, [axis + 1]);
}
