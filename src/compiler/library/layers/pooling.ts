/**
 * Layers that reduce windows of an image or a sequence, channel by channel. Windows that would cross the edge
 * are omitted. Padding extends the edge: with −∞ for a maximum, with zeros for a mean.
 *
 *     max-pool   y[o, c] = max_k x[o·s + k − p, c]          avg-pool   y[o, c] = (1/K) Σ_k x[o·s + k − p, c]
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { defineLayer } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { alongPositions, asNumbers, lengthsOf, maskedWith } from "./masks.ts";
import {
  insideWindow,
  maskAlongWindows,
  paddingKey,
  pairKey,
  pairPaddingKey,
  seenBy,
  sizeText,
  spatialOf,
  windowsOver,
} from "./spatial.ts";
import type { Padding, PerAxis, Rank, Spatial, WindowKeys, Windows } from "./spatial.ts";

interface PoolKeys {
  readonly size: PerAxis;
  readonly stride?: PerAxis;
  readonly padding: Padding;
}

const windowKeys = ({ size, stride = size, padding }: PoolKeys): WindowKeys => ({
  kernel: size,
  stride,
  dilation: 1,
  padding,
});

/** The maximum, or 0 for a window or sequence that consists only of padding, because its maximum is −∞. */
const maximumOr0 = (g: GraphBuilder, maximum: Node): Node =>
  g.select(g.less(-Infinity, g.part("largest", maximum)), maximum, 0);

/**
 * The windows of a pooling layer, with `fill` in place of padding. As in PyTorch, `padding` is at most half a
 * window, so that each window contains an element of the input.
 */
function pooled(context: LayerContext, input: LayerInput, rank: Rank, keys: PoolKeys, fill: number) {
  const { x, ...sizes } = spatialOf(context, input, rank);
  const places = { ...sizes, x: rank === 1 ? maskedWith(context.g, x, input.mask, fill) : x };
  const windows = windowsOver(places, windowKeys(keys));
  const { kernel, edges } = windows;
  if (keys.padding !== "same" && edges.some(([before], axis) => 2 * before > kernel[axis]))
    context.refuse(
      `${context.layer}.padding must be at most half of the window size ${sizeText(kernel)}, ` +
        `got ${sizeText(edges.map(([before]) => before))}`,
      { key: "padding" },
    );
  return { places, windows, seen: seenBy(context, input, places, windows, { key: "size", fill }) };
}

function largest(context: LayerContext, input: LayerInput, rank: Rank, keys: PoolKeys): Node {
  const { places, seen } = pooled(context, input, rank, keys, -Infinity);
  const { g } = context;
  const maximum = g.reduceMax(seen, { axes: insideWindow(places) });
  return rank === 1 && input.mask !== undefined ? maximumOr0(g, maximum) : maximum;
}

function meanOf(
  context: LayerContext,
  input: LayerInput,
  rank: Rank,
  keys: PoolKeys & { readonly countPadding: boolean },
): Node {
  const { g } = context;
  const { places, windows, seen } = pooled(context, input, rank, keys, 0);
  const sum = g.part("sum_of_window", g.reduceSum(seen, { axes: insideWindow(places) }));
  const mask = rank === 1 ? input.mask : undefined;
  const isPadded = windows.edges.some(([before, after]) => before + after > 0);
  if (keys.countPadding || (mask === undefined && !isPadded))
    return g.divide(
      sum,
      windows.kernel.reduce((product, k) => product * k, 1),
    );
  return mask === undefined
    ? g.divide(sum, placesSeen(g, places, windows, sum.type.shape))
    : g.divide(sum, alongPositions(g, realSeen(g, mask, windows), sum.type.shape));
}

/** The number of real positions in each window of a sequence, [n, windows]; at least 1. */
function realSeen(g: GraphBuilder, mask: Node, { kernel, stride, dilation, edges }: Windows): Node {
  const [before, after] = edges[0];
  const all = g.pad(asNumbers(g, mask), { before: [0, before], after: [0, after], value: 0 });
  const seen = g.window(all, { axes: [1], size: kernel, stride, dilation });
  return g.part("real_in_window", g.maximum(g.reduceSum(seen, { axes: [2] }), 1));
}

/** The number of input elements in each window: min(o·s − p + k, size) − max(o·s − p, 0) along an axis. */
const placesSeen = (g: GraphBuilder, { size }: Spatial, windows: Windows, shape: Shape): Node =>
  size
    .map((length, axis) => {
      const at = g.cast(g.iota({ shape, axis: axis + 1 }), { element: g.float });
      const start = g.subtract(g.multiply(at, windows.stride[axis]), windows.edges[axis][0]);
      const end = g.minimum(g.add(start, windows.kernel[axis]), length);
      return g.subtract(end, g.maximum(start, 0));
    })
    .reduce((product, count) => g.multiply(product, count));

const lengthKeys = {
  size: z.int().positive().describe("The length of the window."),
  stride: z
    .int()
    .positive()
    .optional()
    .describe("The step by which the window moves; by default the size of the window."),
  padding: paddingKey
    .default("valid")
    .describe(
      "The padding: valid adds none; same adds enough for an output of length ⌈length / stride⌉; a number adds that " +
        "much on every side.",
    ),
};

const imageKeys = {
  size: pairKey.describe("The height and width of the window; one number sets both."),
  stride: pairKey
    .optional()
    .describe("The step by which the window moves; by default the size of the window."),
  padding: pairPaddingKey
    .default("valid")
    .describe(
      "The padding: valid adds none; same adds enough for an output of size ⌈size / stride⌉; a number adds that " +
        "much on every side; two numbers apply to height and width.",
    ),
};

const countPadding = z
  .boolean()
  .default(true)
  .describe(
    "If true, the mean includes the zeros of the padding, as in PyTorch; if false, it excludes them, as in TensorFlow.",
  );

export const maxPool1d = defineLayer({
  name: "max-pool1d",
  about: "the largest value of each window of a sequence",
  keys: lengthKeys,
  takes: "one input",
  mask: { of: ({ g }, [input], keys, value) => maskAlongWindows(g, input, windowKeys(keys), value) },
  build: (context, [input], keys) => largest(context, input, 1, keys),
});

export const maxPool2d = defineLayer({
  name: "max-pool2d",
  about: "the largest value of each window of an image",
  keys: imageKeys,
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => largest(context, input, 2, keys),
});

export const avgPool1d = defineLayer({
  name: "avg-pool1d",
  about: "the mean of each window of a sequence",
  keys: { ...lengthKeys, countPadding },
  takes: "one input",
  mask: { of: ({ g }, [input], keys, value) => maskAlongWindows(g, input, windowKeys(keys), value) },
  build: (context, [input], keys) => meanOf(context, input, 1, keys),
});

export const avgPool2d = defineLayer({
  name: "avg-pool2d",
  about: "the mean of each window of an image",
  keys: { ...imageKeys, countPadding },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => meanOf(context, input, 2, keys),
});

// Pooling over a whole sequence or image. Padding is excluded. If a sequence consists only of padding, the
// result is 0.

const spatialAxes = ({ size }: Spatial): readonly number[] => size.map((_, axis) => axis + 1);

function meanOfAll(context: LayerContext, input: LayerInput, rank: Rank): Node {
  const { g } = context;
  const places = spatialOf(context, input, rank);
  const { x, size, channels } = places;
  const { mask } = input;
  const isMasked = rank === 1 && mask !== undefined;
  const sum = g.reduceSum(isMasked ? maskedWith(g, x, mask, 0) : x, { axes: spatialAxes(places) });
  if (!isMasked)
    return g.divide(
      sum,
      size.reduce((product, length) => product * length, 1),
    );
  return g.divide(sum, g.repeatAlong(lengthsOf(g, mask), [1], ["n", channels]));
}

function largestOfAll(context: LayerContext, input: LayerInput, rank: Rank): Node {
  const { g } = context;
  const places = spatialOf(context, input, rank);
  const axes = spatialAxes(places);
  if (rank !== 1 || input.mask === undefined) return g.reduceMax(places.x, { axes });
  return maximumOr0(g, g.reduceMax(maskedWith(g, places.x, input.mask, -Infinity), { axes }));
}

export const globalAvgPool1d = defineLayer({
  name: "global-avg-pool1d",
  about: "the mean of each channel over the whole sequence",
  keys: {},
  takes: "one input",
  mask: "ends",
  build: (context, [input]) => meanOfAll(context, input, 1),
});

export const globalAvgPool2d = defineLayer({
  name: "global-avg-pool2d",
  about: "the mean of each channel over the whole image",
  keys: {},
  takes: "one input",
  mask: "ends",
  build: (context, [input]) => meanOfAll(context, input, 2),
});

export const globalMaxPool1d = defineLayer({
  name: "global-max-pool1d",
  about: "the largest value of each channel over the whole sequence",
  keys: {},
  takes: "one input",
  mask: "ends",
  build: (context, [input]) => largestOfAll(context, input, 1),
});

export const globalMaxPool2d = defineLayer({
  name: "global-max-pool2d",
  about: "the largest value of each channel over the whole image",
  keys: {},
  takes: "one input",
  mask: "ends",
  build: (context, [input]) => largestOfAll(context, input, 2),
});
