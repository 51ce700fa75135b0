/**
 * Convolution (in fact cross-correlation, as usual in deep learning) with channels last, over one or two axes:
 *
 *     y[n, i, j, f] = b[f] + Σ_(p, q, c) x[n, i·s + p·d, j·s + q·d, c] · W[p, q, c, f]        s: stride, d: dilation
 *
 * A convolution is a contraction of windows with filters. Its two adjoints, which differentiation derives,
 * are contractions too.
 */
import * as z from "zod";
import type { Node } from "../../ir/nodes.ts";
import { filtered, filterKeys, filterWeight } from "./filters.ts";
import type { FilterValues } from "./filters.ts";
import { defineLayer } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { maskedWith } from "./masks.ts";
import {
  causalPaddingKey,
  insideWindow,
  maskAlongWindows,
  pairKey,
  pairPaddingKey,
  seenBy,
  spatialOf,
  windowsOver,
} from "./spatial.ts";
import type { Padding, PerAxis, Rank } from "./spatial.ts";

interface ConvolutionKeys extends FilterValues {
  readonly filters: number;
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly padding: Padding;
  readonly dilation: PerAxis;
}

function convolved(context: LayerContext, input: LayerInput, rank: Rank, keys: ConvolutionKeys): Node {
  const { x, ...sizes } = spatialOf(context, input, rank);
  // Padding is read as zeros, like positions beyond the edge.
  const places = { ...sizes, x: rank === 1 ? maskedWith(context.g, x, input.mask, 0) : x };
  const windows = windowsOver(places, keys);
  const seen = seenBy(context, input, places, windows, { key: "kernel", fill: 0 });
  const { kernel } = windows;
  const area = kernel.reduce((product, k) => product * k, 1);
  const fans = { in: area * places.channels, out: area * keys.filters };
  const weight = filterWeight(context, [...kernel, places.channels, keys.filters], fans, keys);
  // The axes of `seen` are [n, i, j, c, p, q]. The sum runs over p, q and c, the first axes of the filters.
  const product = context.g.contract(seen, weight, {
    batchX: [],
    batchY: [],
    sumX: [...insideWindow(places), rank + 1],
    sumY: [...kernel.keys(), rank],
  });
  return filtered(context, product, fans, keys);
}

const filters = z.int().positive().describe("The number of filters, which is the number of output channels.");
const paddingText =
  "The zeros around the input: valid adds none; same adds enough for an output of size ⌈size / stride⌉; " +
  "a number adds that many on every side";

export const conv1d = defineLayer({
  name: "conv1d",
  about: "a convolution over a sequence",
  keys: {
    filters,
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
    filters,
    kernel: pairKey.describe("The height and width of the filters; one number sets both."),
    stride: pairKey.default(1).describe("The step by which the filters move."),
    padding: pairPaddingKey
      .default("valid")
      .describe(`${paddingText}; two numbers apply to height and width.`),
    dilation: pairKey
      .default(1)
      .describe("The distance between the positions that a filter reads; 1 means adjacent positions."),
    ...filterKeys,
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => convolved(context, input, 2, keys),
});
