/** Index arithmetic that `window` and `fold` share. */
import type { WindowShape } from "../../ir/nodes.ts";
import { TypeRefusal } from "../../ir/types.ts";
import type { Shape } from "../../ir/types.ts";
import { add, integer, multiply } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { checkAxes, staticSize } from "../shape-rules.ts";

/** An axis has ⌊(size − reach) / stride⌋ + 1 windows, where reach = (k − 1)·dilation + 1. */
export function windowsShape(shape: Shape, { axes, size, stride, dilation }: WindowShape): Shape {
  checkAxes(axes, shape.length);
  if ([size, stride, dilation].some(({ length }) => length !== axes.length))
    throw new TypeRefusal("windows need one size, stride and dilation for each axis");
  const positions = [...shape];
  axes.forEach((axis, i) => {
    const whole = staticSize(shape[axis], "a window");
    if (Math.min(size[i], stride[i], dilation[i]) < 1)
      throw new TypeRefusal("sizes, strides and dilations of windows must be at least 1");
    const reach = (size[i] - 1) * dilation[i] + 1;
    if (reach > whole)
      throw new TypeRefusal(`a window over ${reach} elements does not fit into axis ${axis} of ${whole}`);
    positions[axis] = Math.floor((whole - reach) / stride[i]) + 1;
  });
  return [...positions, ...size];
}

/** The index, in the source tensor, of the element that has index `at` in the tensor of windows. */
export function sourceIndex(
  rank: number,
  { axes, stride, dilation }: WindowShape,
  at: readonly number[],
): number[] {
  return at.slice(0, rank).map((o, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? o : o * stride[i] + at[rank + i] * dilation[i];
  });
}

/** Like {@link sourceIndex}, for expressions. */
export function windowExpressions(
  rank: number,
  { axes, stride, dilation }: WindowShape,
  at: readonly Expression[],
): Expression[] {
  return at.slice(0, rank).map((o, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? o : add(multiply(o, integer(stride[i])), multiply(at[rank + i], integer(dilation[i])));
  });
}
