/**
 * The product of windows and filters as `Conv`, for which runtimes have kernels. The graph IR writes a convolution as a
 * window and a contraction, with the channels anywhere:
 *
 *     z[n, o…, f] = Σ_(c, k…) x[n, …o·stride + k·dilation…, c] · w[k…, c, f]
 */
import type { Node, NodeOf } from "../../ir/nodes.ts";
import type { Context } from "./context.ts";
import type { Value } from "./graph-writer.ts";

/** The positions of the axes of a convolution in its windows and in its filters, and the axes of its result. */
interface Convolution {
  readonly windows: NodeOf<"window">;
  /** The axis of the channels in the image. */
  readonly channels: number;
  /** The axes of the filters in the order of `Conv`: filter, channel, offsets. */
  readonly filters: readonly number[];
}

/** The padding of an image, and the image without it. */
interface Padded {
  readonly x: Node;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Matches windows that are summed over all channels and offsets, whose first axis has the rows. */
function convolutionOf({ operands: { x, y }, attributes }: NodeOf<"contract">): Convolution | undefined {
  const { batchX, sumX, sumY } = attributes;
  // ONNX Runtime has no kernel of Conv for f64.
  if (x.op !== "window" || x.type.element !== "f32" || batchX.length > 0) return undefined;
  const image = x.operands.x.type.shape;
  const { axes } = x.attributes;
  const others = [...image.keys()].filter((axis) => !axes.includes(axis));
  const [rows, channels, ...rest] = others;
  const isImage = rows === 0 && channels !== undefined && rest.length === 0 && axes.length <= 2;
  const free = [...y.type.shape.keys()].filter((axis) => !sumY.includes(axis));
  const summed = [channels, ...axes.map((_, i) => image.length + i)];
  const isWhole = sumX.length === summed.length && summed.every((axis) => sumX.includes(axis));
  if (!isImage || !isWhole || free.length !== 1) return undefined;
  return { windows: x, channels, filters: [free[0], ...summed.map((axis) => sumY[sumX.indexOf(axis)])] };
}

/** The image whose padding with zeros is x. Only the axes of windows may be padded. */
function unpadded(x: Node, axes: readonly number[]): Padded {
  const none = axes.map(() => 0);
  if (x.op !== "pad" || x.attributes.value !== 0) return { x, before: none, after: none };
  const { before, after } = x.attributes;
  const isOther = before.some((count, axis) => !axes.includes(axis) && count + after[axis] > 0);
  const along = (counts: readonly number[]) => axes.map((axis) => counts[axis]);
  return isOther
    ? { x, before: none, after: none }
    : { x: x.operands.x, before: along(before), after: along(after) };
}

/** The contraction as a convolution; undefined if it is none. */
export function convolution(node: NodeOf<"contract">, c: Context): Value | undefined {
  const found = convolutionOf(node);
  if (found === undefined) return undefined;
  const { windows, channels, filters } = found;
  const { axes, size, stride, dilation } = windows.attributes;
  const { x, before, after } = unpadded(windows.operands.x, axes);
  const result = c.make(
    "Conv",
    [c.transpose(c.value(x), [0, channels, ...axes]), c.transpose(c.value(node.operands.y), filters)],
    { kernel_shape: size, strides: stride, dilations: dilation, pads: [...before, ...after], group: 1 },
  );
  // The result of Conv has the axes [n, filter, …positions]; those of the contraction are in the order of the image.
  const positions = [...axes].sort((a, b) => a - b).map((axis) => axes.indexOf(axis) + 2);
  return c.transpose(result, [0, ...positions, 1]);
}
