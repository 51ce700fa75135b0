/**
 * The parts that layers over spatial axes share. Channels are the last axis: images are [n, height, width,
 * channels], sequences are [n, length, channels]. Windows are a view, so a convolution is a contraction of
 * windows and pooling is a reduction of them. The code covers one and two spatial axes alike.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { givenText, missingAxisHint, realNumbers } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { maskOfWindows } from "./masks.ts";

/** The number of spatial axes. */
export type Rank = 1 | 2;

/** One number for all spatial axes, or one number for each. */
export type PerAxis = number | readonly number[];

/** One number for height and width, or a number for each. */
export const pairKey = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

export const zeros = z.int().min(0);
export const pairPaddingKey = z.union([z.enum(["valid", "same"]), zeros, z.tuple([zeros, zeros])]);
export const paddingKey = z.union([z.enum(["valid", "same"]), zeros]);
export const causalPaddingKey = z.union([z.enum(["valid", "same", "causal"]), zeros]);

export type Padding = "valid" | "same" | "causal" | PerAxis;

/** `count` axes, from the axis `first`. */
export const axesFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

/** Cuts the last axis into `parts` runs of equal length: [a, b] becomes [a, parts, b / parts]. */
export function cutLast(g: GraphBuilder, x: Node, parts: number): Node {
  const { shape } = x.type;
  return g.reshape(x, { shape: [...shape.slice(0, -1), parts, Number(shape.at(-1)) / parts] });
}

/** The inverse of `cutLast`. */
export function joinLast(g: GraphBuilder, x: Node): Node {
  const { shape } = x.type;
  return g.reshape(x, { shape: [...shape.slice(0, -2), Number(shape.at(-2)) * Number(shape.at(-1))] });
}

export const alongAxes = (value: PerAxis, rank: Rank): readonly number[] =>
  typeof value === "number" ? Array.from({ length: rank }, () => value) : value;

/** A size in messages, such as `3 × 3`. */
export const sizeText = (size: readonly number[]): string => size.join(" × ");

export interface Spatial {
  /** [n, …size, channels], or [n, …size, groups, channels per group]. */
  readonly x: Node;
  /** Height and width, or the length. */
  readonly size: readonly number[];
  readonly channels: number;
}

const expected: Readonly<Record<Rank, string>> = {
  1: "a sequence [n, length, channels]",
  2: "an image [n, height, width, channels]",
};

/** The number of spatial axes that a layer for sequences and images reads. */
export const rankOf = ({ node }: LayerInput): Rank => (node.type.shape.length < 4 ? 1 : 2);

/** Checks that the input is an image or a sequence, and returns it with its sizes. */
export function spatialOf(context: LayerContext, input: LayerInput, rank: Rank): Spatial {
  const x = realNumbers(context, input);
  const [first, ...sizes] = x.type.shape;
  const size = sizes.flatMap((d) => (typeof d === "number" ? [d] : []));
  const channels = size.pop();
  if (first === "n" && size.length === rank && channels !== undefined) return { x, size, channels };
  return context.refuse(`${context.layer} must read ${expected[rank]}, but ${givenText([input])}`, {
    hint: missingAxisHint(input, rank + 1) ?? "insert a reshape layer before it",
  });
}

/** The geometry of windows: each property has one entry per spatial axis. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly edges: readonly Edges[];
}

/** The numbers of elements that padding adds before and after an axis. */
type Edges = readonly [before: number, after: number];

/** The extent of a window: (k − 1) · dilation + 1. */
export const reachOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/**
 * The padding of one axis. `same` is defined as in TensorFlow: the output has the length ⌈size / stride⌉, and
 * an odd element of padding comes last. With `causal`, a window does not extend beyond its own position.
 */
export function edgesOf(size: number, reach: number, stride: number, padding: Padding, axis: number): Edges {
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [reach - 1, 0];
  if (padding !== "same") {
    const zeros = typeof padding === "number" ? padding : padding[axis];
    return [zeros, zeros];
  }
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The keys that determine the windows of a layer. */
export interface WindowKeys {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly dilation: PerAxis;
  readonly padding: Padding;
}

export function windowsOver({ size }: Pick<Spatial, "size">, keys: WindowKeys): Windows {
  const rank = size.length === 1 ? 1 : 2;
  const kernel = alongAxes(keys.kernel, rank);
  const stride = alongAxes(keys.stride, rank);
  const dilation = alongAxes(keys.dilation, rank);
  const edges = size.map((length, axis) =>
    edgesOf(length, reachOf(kernel[axis], dilation[axis]), stride[axis], keys.padding, axis),
  );
  return { kernel, stride, dilation, edges };
}

/**
 * The elements in each window, as [n, …positions, channels, …kernel], with `fill` beyond the edges. Channels
 * may be cut into groups. Reports an error at `key` if a window is larger than the padded input.
 */
export function seenBy(
  context: LayerContext,
  input: LayerInput,
  { x, size }: Spatial,
  { kernel, stride, dilation, edges }: Windows,
  { key, fill }: { readonly key: string; readonly fill: number },
): Node {
  const { g, layer } = context;
  const reach = kernel.map((k, axis) => reachOf(k, dilation[axis]));
  const whole = size.map((length, axis) => length + edges[axis][0] + edges[axis][1]);
  if (reach.some((length, axis) => length > whole[axis])) {
    const dilated = dilation.some((d) => d > 1) ? `, dilated to ${sizeText(reach)},` : "";
    const padded = edges.some(([a, b]) => a + b > 0) ? `, padded to ${sizeText(whole)}` : "";
    context.refuse(
      `${layer}: a window of ${sizeText(kernel)}${dilated} does not fit, because ${givenText([input])}${padded}`,
      { key },
    );
  }
  const isPadded = edges.some(([before, after]) => before + after > 0);
  const ofChannels = x.type.shape.slice(size.length + 1).map(() => 0);
  const before = [0, ...edges.map(([count]) => count), ...ofChannels];
  const after = [0, ...edges.map(([, count]) => count), ...ofChannels];
  const axes = size.map((_, axis) => axis + 1);
  const all = isPadded ? g.pad(x, { before, after, value: fill }) : x;
  return g.window(all, { axes, size: kernel, stride, dilation });
}

/** The axes of the result of `seenBy` that are inside a window. */
export const insideWindow = ({ size }: Spatial): readonly number[] =>
  size.map((_, axis) => size.length + 2 + axis);

/** The mask of `value`, whose positions are windows over a sequence. */
export function maskAlongWindows(
  g: GraphBuilder,
  { node, mask }: LayerInput,
  keys: WindowKeys,
  value: Node,
): Node | undefined {
  if (mask === undefined) return undefined;
  const { kernel, stride, dilation, edges } = windowsOver({ size: [Number(node.type.shape[1])] }, keys);
  return maskOfWindows(g, mask, {
    stride: stride[0],
    reach: reachOf(kernel[0], dilation[0]),
    edges: edges[0],
    isSame: keys.padding === "same",
    count: Number(value.type.shape[1]),
  });
}
