/**
 * Transposed convolution, the adjoint of a convolution. Each element of the image is spread over a window,
 * and overlapping windows add up.
 *
 *     y[n, u, v, f] = b[f] + Σ x[n, i, j, c] · W[p, q, f, c]  over i·s + p − t = u, j·s + q − l = v and all c
 *
 * where padding removes t rows at the top and l columns at the left.
 *
 * Padding p removes p elements at each edge, as torch.nn.ConvTranspose2d: the output has size
 * (size − 1) · s + k − 2p. `valid` removes none. `same` is defined as in TensorFlow: the output has the size
 * size · s. The filters have the layout of the conv2d whose adjoint this is, [kh, kw, filters, in], as in
 * Keras. That conv2d reads `filters` channels and returns `in`.
 */
import * as z from "zod";
import { filtered, filterKeys, filterWeight } from "./filters.ts";
import { defineLayer, givenText } from "./layer.ts";
import { alongAxes, edgesOf, pairKey, pairPaddingKey, sizeText, spatialOf } from "./spatial.ts";

export const conv2dTranspose = defineLayer({
  name: "conv2d-transpose",
  about: "a transposed convolution, which enlarges images",
  keys: {
    filters: z.int().positive().describe("The number of filters, which is the number of output channels."),
    kernel: pairKey.describe("The height and width of the filters; one number sets both."),
    stride: pairKey.default(1).describe("The step between windows in the output."),
    padding: pairPaddingKey
      .default("valid")
      .describe(
        "Determines the size of the output: (size - 1) · stride + kernel for valid; size · stride for same; a number " +
          "removes that many positions from every side of the valid output.",
      ),
    ...filterKeys,
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => {
    const { g, layer } = context;
    const { x, size, channels } = spatialOf(context, input, 2);
    const [kernel, stride] = [alongAxes(keys.kernel, 2), alongAxes(keys.stride, 2)];
    const { filters, padding } = keys;
    // `whole` is the size of the output before padding is removed, and `kept` is its size afterwards.
    const whole = size.map((length, axis) =>
      padding === "same"
        ? Math.max(length * stride[axis], (length - 1) * stride[axis] + kernel[axis])
        : (length - 1) * stride[axis] + kernel[axis],
    );
    const edges = size.map((length, axis) =>
      edgesOf(length * stride[axis], kernel[axis], stride[axis], padding, axis),
    );
    const kept = whole.map((length, axis) => length - edges[axis][0] - edges[axis][1]);
    if (kept.some((length) => length < 1))
      context.refuse(
        `${layer}: the padding would remove the whole output of size ${sizeText(whole)}, because ${givenText([input])}`,
        { key: "padding" },
      );
    const area = kernel[0] * kernel[1];
    // As in PyTorch and Keras, the fans follow from this layout, although each output unit reads the input
    // channels.
    const fans = { in: area * filters, out: area * channels };
    const weight = filterWeight(context, [...kernel, filters, channels], fans, keys);
    // The windows of the output: [n, i, j, p, q, f].
    const spread = g.contract(x, weight, { batchX: [], batchY: [], sumX: [3], sumY: [3] });
    const windows = g.transpose(g.named(`${layer}_spread`, spread), { permutation: [0, 1, 2, 5, 3, 4] });
    const shape = ["n", ...whole, filters] as const;
    const sum = g.fold(windows, { axes: [1, 2], size: kernel, stride, dilation: [1, 1], shape });
    const isWhole = edges.every(([before, after]) => before + after === 0);
    const start = [0, edges[0][0], edges[1][0], 0];
    const product = isWhole ? sum : g.slice(sum, { start, shape: ["n", ...kept, filters] });
    return filtered(context, product, fans, keys);
  },
});
