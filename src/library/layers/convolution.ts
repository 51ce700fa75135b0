/**
 * Convolution (cross-correlation, as everywhere in deep learning), channels last:
 *
 *     y[n, i, j, f] = b[f] + Σ_(p, q, c) x[n, i·s + p, j·s + q, c] · W[p, q, c, f]
 *
 * It is the contraction of windows with the filters; so are its two adjoints, which differentiation derives.
 */
import { z } from "zod";
import { choice } from "../../util/choice.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import { defaultInitialiser, initialisers } from "../initialisers/index.ts";
import { imageOf, padded, paddingKey, pairKey, pairOf, windowsOf } from "./images.ts";
import { defineLayer } from "./layer.ts";

export const conv2d = defineLayer({
  name: "conv2d",
  about: "filters that slide over an image",
  keys: {
    filters: z.int().positive().describe("How many filters, the channels of the output."),
    kernel: pairKey.describe("Height and width of the filters; one number for both."),
    stride: pairKey.default(1).describe("How far the filters move at a time."),
    padding: paddingKey
      .default("valid")
      .describe(
        "valid: none; same: as much as makes the output ⌈size / stride⌉; or so many zeros on every side.",
      ),
    activation: choice(activations).prefault("linear").describe("What the filters' sums go through."),
    bias: z.boolean().default(true).describe("Whether each filter adds a number of its own."),
    init: choice(initialisers)
      .optional()
      .describe("How filters begin; by default as the weights of a dense layer."),
  },
  takes: "one input",
  build: (context, [input], { filters, kernel, stride, padding, activation, bias, init }) => {
    const { g, layer } = context;
    const image = imageOf(context, input);
    const [size, step] = [pairOf(kernel), pairOf(stride)];
    const windows = windowsOf(context, input, padded(g, image, size, step, padding), size, step);
    const area = size[0] * size[1];
    const fans = { in: area * image.channels, out: area * filters };
    const weight = context.parameter("weight", [...size, image.channels, filters], {
      init: init ?? defaultInitialiser(activationOf(activation).family),
      initKey: "init",
      regularized: true,
      fans,
    });
    // windows: [n, i, j, c, p, q], summed over p, q and c with the filters' first three axes
    const product = g.contract(windows, weight, { batchX: [], batchY: [], sumX: [4, 5, 3], sumY: [0, 1, 2] });
    const sum = bias
      ? g.add(
          g.named(`${layer}_product`, product),
          context.parameter("bias", [filters], {
            init: { type: "zeros" },
            initKey: "init",
            regularized: false,
            fans,
          }),
        )
      : product;
    return activation.type === "linear" ? sum : activate(g, g.named(`${layer}_sum`, sum), activation);
  },
});
