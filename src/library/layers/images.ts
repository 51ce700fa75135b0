/**
 * What layers over images share. Images are channels-last, [n, height, width, channels]; a window over height and width
 * is a view, so a convolution is a contraction over it and a pooling a reduction.
 */
import { z } from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { givenText, realNumbers } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";

export type Pair = readonly [number, number];

/** One number for both height and width, or one for each. */
export const pairKey = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

export const pairOf = (value: number | readonly [number, number]): Pair =>
  typeof value === "number" ? [value, value] : value;

export const paddingKey = z.union([z.enum(["valid", "same"]), z.int().min(0)]);
export type Padding = z.output<typeof paddingKey>;

export interface Image {
  readonly x: Node;
  readonly size: Pair;
  readonly channels: number;
}

/** The input as an image. */
export function imageOf(context: LayerContext, input: LayerInput): Image {
  const x = realNumbers(context, input);
  const [, height, width, channels] = x.type.shape;
  if (
    x.type.shape.length === 4 &&
    typeof height === "number" &&
    typeof width === "number" &&
    typeof channels === "number"
  )
    // prettier-ignore
    return { x, size: [height, width], channels };
  return context.refuse(
    `${context.layer} takes images [n, height, width, channels], but ${givenText([input])}`,
    { hint: 'put a "reshape" before it' },
  );
}

/**
 * Zeros before and after an axis. `same` is TensorFlow's: the output is ⌈size / stride⌉ long, and an odd zero goes after.
 */
function zerosOf(size: number, kernel: number, stride: number, padding: Padding): Pair {
  if (padding === "valid") return [0, 0];
  if (typeof padding === "number") return [padding, padding];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The image with the zeros that the padding asks for. */
export function padded(
  g: GraphBuilder,
  { x, size }: Image,
  kernel: Pair,
  stride: Pair,
  padding: Padding,
): Node {
  const [above, below] = zerosOf(size[0], kernel[0], stride[0], padding);
  const [left, right] = zerosOf(size[1], kernel[1], stride[1], padding);
  if (above + below + left + right === 0) return x;
  return g.pad(x, { before: [0, above, left, 0], after: [0, below, right, 0], value: 0 });
}

/** [n, rows, columns, channels, kernel height, kernel width]: what each position of the window sees. */
export function windowsOf(
  context: LayerContext,
  input: LayerInput,
  x: Node,
  kernel: Pair,
  stride: Pair,
): Node {
  const tooLarge = [1, 2].some((axis) => kernel[axis - 1] > Number(x.type.shape[axis]));
  if (tooLarge)
    context.refuse(
      `${context.layer}: a window of ${kernel.join(" × ")} does not fit, as ${givenText([input])}`,
    );
  return context.g.window(x, { axes: [1, 2], size: kernel, stride, dilation: [1, 1] });
}
