/**
 * Convolution (in fact cross-correlation, as usual in deep learning) with channels last, over one or two axes:
 *
 *     y[n, i, j, f] = b[f] + Σ_(p, q, c) x[n, i·s + p·d, j·s + q·d, c] · W[p, q, c, f]        s: stride, d: dilation
 *
 * With G groups, channels and filters are divided into G runs of equal length, and a filter reads only the
 * channels of its own run. For a filter f of group h, and C channels per group:
 *
 *     y[n, i, j, f] = b[f] + Σ_(p, q, c < C) x[n, i·s + p·d, j·s + q·d, h·C + c] · W[p, q, c, f]
 *
 * A convolution is a contraction of windows with filters; groups are a batch axis of it. Its two adjoints,
 * which differentiation derives, are contractions too.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { filtered, filterKeys, filtersKey, filterWeight, groupsKey, groupsOf } from "./filters.ts";
import type { FilterValues, Grouping } from "./filters.ts";
import { defineLayer } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { maskedWith } from "./masks.ts";
import {
  axesFrom,
  causalPaddingKey,
  cutLast,
  joinLast,
  maskAlongWindows,
  pairKey,
  pairPaddingKey,
  seenBy,
  spatialOf,
  windowsOver,
} from "./spatial.ts";
import type { Padding, PerAxis, Rank } from "./spatial.ts";

interface ConvolutionKeys extends FilterValues, Grouping {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly padding: Padding;
  readonly dilation: PerAxis;
}

function convolved(context: LayerContext, input: LayerInput, rank: Rank, keys: ConvolutionKeys): Node {
  const { x, ...sizes } = spatialOf(context, input, rank);
  const groups = groupsOf(context, input, sizes.channels, keys);
  // Padding is read as zeros, like positions beyond the edge.
  const real = rank === 1 ? maskedWith(context.g, x, input.mask, 0) : x;
  const places = { ...sizes, x: groups === 1 ? real : cutLast(context.g, real, groups) };
  const windows = windowsOver(places, keys);
  const seen = seenBy(context, input, places, windows, { key: "kernel", fill: 0 });
  const { kernel } = windows;
  const area = kernel.reduce((product, k) => product * k, 1);
  const channels = sizes.channels / groups;
  // As in PyTorch and Keras, the fans follow from the shape of the filters.
  const fans = { in: area * channels, out: area * keys.filters };
  const weight = filterWeight(context, [...kernel, channels, keys.filters], fans, keys);
  const product =
    groups === 1 ? correlated(context.g, seen, weight) : grouped(context.g, seen, weight, groups);
  return filtered(context, product, fans, keys);
}

/**
 * Sums over p, q and c. The axes of `seen` are [n, i, j, c, p, q], those of `weight` [p, q, c, f]; sequences
 * have one position and one offset.
 */
function correlated(g: GraphBuilder, seen: Node, weight: Node): Node {
  const rank = weight.type.shape.length - 2;
  const inside = axesFrom(rank + 2, rank);
  const sums = { sumX: [...inside, rank + 1], sumY: axesFrom(0, rank + 1) };
  return g.contract(seen, weight, { batchX: [], batchY: [], ...sums });
}

/** The same for each group h. The axes of `seen` are [n, i, j, h, c, p, q]. */
function grouped(g: GraphBuilder, seen: Node, weight: Node, groups: number): Node {
  const rank = weight.type.shape.length - 2;
  const inside = axesFrom(rank + 3, rank);
  const sums = { sumX: [...inside, rank + 2], sumY: axesFrom(0, rank + 1) };
  const product = g.contract(seen, cutLast(g, weight, groups), {
    batchX: [rank + 1],
    batchY: [rank + 1],
    ...sums,
  });
  // [h, n, i, j, f] → [n, i, j, h, f]
  const last = g.transpose(product, { permutation: [...axesFrom(1, rank + 1), 0, rank + 2] });
  return joinLast(g, last);
}

const paddingText =
  "The zeros around the input: valid adds none; same adds enough for an output of size ⌈size / stride⌉; " +
  "a number adds that many on every side";

export const conv1d = defineLayer({
  name: "conv1d",
  about: "a convolution over a sequence",
  keys: {
    filters: filtersKey,
    kernel: z.int().positive().describe("The length of the filters."),
    stride: z.int().positive().default(1).describe("The step by which the filters move."),
    padding: causalPaddingKey
      .default("valid")
      .describe(
        `${paddingText}; causal adds zeros only at the start, so that no output depends on later positions.`,
      ),
    dilation: z
      .int()
      .positive()
      .default(1)
      .describe("The distance between the positions that a filter reads; 1 means adjacent positions."),
    groups: groupsKey,
    ...filterKeys,
  },
  takes: "one input",
  mask: { of: ({ g }, [input], keys, value) => maskAlongWindows(g, input, keys, value) },
  build: (context, [input], keys) => convolved(context, input, 1, keys),
});

export const conv2d = defineLayer({
  name: "conv2d",
  about: "a convolution over an image",
  keys: {
    filters: filtersKey,
    kernel: pairKey.describe("The height and width of the filters; one number sets both."),
    stride: pairKey.default(1).describe("The step by which the filters move."),
    padding: pairPaddingKey
      .default("valid")
      .describe(`${paddingText}; two numbers apply to height and width.`),
    dilation: pairKey
      .default(1)
      .describe("The distance between the positions that a filter reads; 1 means adjacent positions."),
    groups: groupsKey,
    ...filterKeys,
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => convolved(context, input, 2, keys),
});
