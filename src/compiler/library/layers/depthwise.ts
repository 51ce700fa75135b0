/**
 * Depthwise convolution: each channel has its own filters, and channels do not mix.
 *
 *     y[n, i, j, c·M + m] = b[c·M + m] + Σ_(p, q) x[n, i·s + p·d, j·s + q·d, c] · W[p, q, c, m]
 *
 * where m < M = multiplier. Outputs have the same order as in Keras, and as in PyTorch's convolutions with
 * one group per channel.
 */
import * as z from "zod";
import { filtered, filterKeys, filterWeight } from "./filters.ts";
import { defineLayer } from "./layer.ts";
import { insideWindow, pairKey, pairPaddingKey, seenBy, spatialOf, windowsOver } from "./spatial.ts";

export const depthwiseConv2d = defineLayer({
  name: "depthwise-conv2d",
  about: "filters that slide over each channel of an image separately",
  keys: {
    kernel: pairKey.describe("The height and width of the filters; one number sets both."),
    stride: pairKey.default(1).describe("The step by which the filters move."),
    padding: pairPaddingKey.default("valid").describe("The zeros around the input, as for conv2d."),
    dilation: pairKey
      .default(1)
      .describe("The distance between the positions that a filter reads; 1 means adjacent positions."),
    multiplier: z.int().positive().default(1).describe("The number of filters per channel."),
    ...filterKeys,
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => {
    const { g } = context;
    const places = spatialOf(context, input, 2);
    const windows = windowsOver(places, keys);
    const seen = seenBy(context, input, places, windows, { key: "kernel", fill: 0 });
    const { channels } = places;
    const { multiplier } = keys;
    const area = windows.kernel.reduce((product, k) => product * k, 1);
    const fans = { in: area, out: area * multiplier };
    const weight = filterWeight(context, [...windows.kernel, channels, multiplier], fans, keys);
    // The axes of `seen` are [n, i, j, c, p, q]. The product is computed for each channel, without a sum over
    // channels, so its axes are [c, n, i, j, m].
    const product = g.contract(seen, weight, {
      batchX: [3],
      batchY: [2],
      sumX: insideWindow(places),
      sumY: [0, 1],
    });
    const [n, rows, columns] = seen.type.shape;
    const last = g.transpose(product, { permutation: [1, 2, 3, 0, 4] });
    const joined = g.reshape(last, { shape: [n, rows, columns, channels * multiplier] });
    return filtered(context, joined, fans, keys);
  },
});
