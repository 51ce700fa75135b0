/**
 * Transposed convolution over one or two axes, the adjoint of a convolution. Each element of the input is spread
 * over a window, and overlapping windows add up.
 *
 *     y[n, u, v, f] = b[f] + Σ x[n, i, j, c] · W[p, q, f, c]  over i·s + p·d − t = u, j·s + q·d − l = v and all c
 *
 * where padding removes t rows at the top and l columns at the left.
 *
 * Padding p removes p elements at each edge, and output padding o appends o at the end, as
 * torch.nn.ConvTranspose2d: the output has size (size − 1) · s + d · (k − 1) + 1 − 2p + o. `valid` removes none.
 * `same` is defined as in TensorFlow: the output has the size size · s. The filters have the layout of the
 * convolution whose adjoint this is, [kh, kw, filters, in], as in Keras. That convolution reads `filters`
 * channels and returns `in`. With G groups, it has the filters [kh, kw, filters / G, in], and c runs over the
 * input channels of the group of f.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { filtered, filterKeys, filtersKey, filterWeight, groupsKey, groupsOf } from "./filters.ts";
import type { FilterValues, Grouping } from "./filters.ts";
import { defineLayer, givenText } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { maskedWith, maskOfSpread } from "./masks.ts";
import {
  alongAxes,
  axesFrom,
  cutLast,
  edgesOf,
  joinLast,
  paddingKey,
  pairKey,
  pairPaddingKey,
  reachOf,
  sizeText,
  spatialOf,
  zeros,
} from "./spatial.ts";
import type { Padding, PerAxis, Rank } from "./spatial.ts";

interface TransposedKeys extends FilterValues, Grouping {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly padding: Padding;
  readonly dilation?: PerAxis | undefined;
  readonly outputPadding?: PerAxis | undefined;
}

/** The geometry of one axis of the output. */
interface OutputAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** The extent of the window of one element. */
  readonly reach: number;
  /** The extent of all windows: (length − 1) · stride + reach. */
  readonly covered: number;
  /** The number of elements that padding removes at the start. */
  readonly before: number;
  /** The size of the output, which may end after the last window. */
  readonly size: number;
}

function outputAxes(size: readonly number[], keys: TransposedKeys): readonly OutputAxis[] {
  const rank = size.length === 1 ? 1 : 2;
  const { kernel, stride, dilation = 1, outputPadding = 0 } = keys;
  const [k, s, d, o] = [kernel, stride, dilation, outputPadding].map((key) => alongAxes(key, rank));
  return size.map((length, axis): OutputAxis => {
    const reach = reachOf(k[axis], d[axis]);
    const covered = (length - 1) * s[axis] + reach;
    const [before, after] = edgesOf(length * s[axis], reach, s[axis], keys.padding, axis);
    const isSame = keys.padding === "same";
    return {
      kernel: k[axis],
      stride: s[axis],
      dilation: d[axis],
      reach,
      covered,
      before,
      size: isSame ? length * s[axis] : covered - before - after + o[axis],
    };
  });
}

/** Output padding selects one of the sizes that the convolution would map to the size of the input. */
function checkOutputPadding({ layer, refuse }: LayerContext, rank: Rank, keys: TransposedKeys): void {
  const { stride, dilation = 1, outputPadding, padding } = keys;
  if (outputPadding === undefined) return;
  if (padding === "same")
    refuse(`${layer}.outputPadding has no effect if padding is "same", which determines the output size`, {
      key: "outputPadding",
    });
  const [s, d, o] = [stride, dilation, outputPadding].map((key) => alongAxes(key, rank));
  const axis = o.findIndex((count, i) => count >= Math.max(s[i], d[i]));
  if (axis >= 0)
    refuse(
      `${layer}.outputPadding must be less than the stride ${s[axis]} or the dilation ${d[axis]}, got ${o[axis]}`,
      { key: "outputPadding" },
    );
}

function spread(context: LayerContext, input: LayerInput, rank: Rank, keys: TransposedKeys): Node {
  const { g, layer } = context;
  const { x, size, channels } = spatialOf(context, input, rank);
  const groups = groupsOf(context, input, channels, keys);
  checkOutputPadding(context, rank, keys);
  const axes = outputAxes(size, keys);
  if (axes.some((axis) => axis.size < 1))
    context.refuse(
      `${layer}: the padding would remove the whole output of size ` +
        `${sizeText(axes.map(({ covered }) => covered))}, because ${givenText([input])}`,
      { key: "padding" },
    );
  const kernel = axes.map((axis) => axis.kernel);
  const area = kernel.reduce((product, k) => product * k, 1);
  const filters = keys.filters / groups;
  // As in PyTorch and Keras, the fans follow from this layout, although each output unit reads the input
  // channels.
  const fans = { in: area * filters, out: area * channels };
  const weight = filterWeight(context, [...kernel, filters, channels], fans, keys);
  const real = rank === 1 ? maskedWith(g, x, input.mask, 0) : x;
  const windows =
    groups === 1 ? windowsOf(context, real, weight) : groupedWindows(context, real, weight, groups);
  const sum = overlapped(g, windows, axes);
  return filtered(context, groups === 1 ? sum : joinLast(g, sum), fans, keys);
}

/** The windows of the output: [n, i, j, f, p, q]. */
function windowsOf({ g, layer }: LayerContext, x: Node, weight: Node): Node {
  const rank = weight.type.shape.length - 2;
  const product = g.contract(x, weight, { batchX: [], batchY: [], sumX: [rank + 1], sumY: [rank + 1] });
  // [n, i, j, p, q, f] → [n, i, j, f, p, q]
  const permutation = [...axesFrom(0, rank + 1), 2 * rank + 1, ...axesFrom(rank + 1, rank)];
  return g.transpose(g.named(`${layer}_spread`, product), { permutation });
}

/** The same for each group h: [n, i, j, h, f, p, q]. */
function groupedWindows({ g, layer }: LayerContext, x: Node, weight: Node, groups: number): Node {
  const rank = weight.type.shape.length - 2;
  const product = g.contract(cutLast(g, x, groups), cutLast(g, weight, groups), {
    batchX: [rank + 1],
    batchY: [rank + 1],
    sumX: [rank + 2],
    sumY: [rank + 2],
  });
  // [h, n, i, j, p, q, f] → [n, i, j, h, f, p, q]
  const permutation = [...axesFrom(1, rank + 1), 0, 2 * rank + 2, ...axesFrom(rank + 2, rank)];
  return g.transpose(g.named(`${layer}_spread`, product), { permutation });
}

/** The sum of overlapping windows, cropped or padded to the size of the output. */
function overlapped(g: GraphBuilder, windows: Node, axes: readonly OutputAxis[]): Node {
  const rank = axes.length;
  const channels = windows.type.shape.slice(rank + 1, -rank);
  // A fold may end after its last window, by less than the stride. Zeros further on are padding.
  const missing = axes.map(({ before, size, covered }) => Math.max(before + size - covered, 0));
  const isInFold = missing.every((count, axis) => count < axes[axis].stride);
  const folded = axes.map(({ covered }, axis) => covered + (isInFold ? missing[axis] : 0));
  const fold = g.fold(windows, {
    axes: axesFrom(1, rank),
    size: axes.map(({ kernel }) => kernel),
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    shape: ["n", ...folded, ...channels],
  });
  const none = channels.map(() => 0);
  const whole = isInFold
    ? fold
    : g.pad(fold, { before: [0, ...axes.map(() => 0), ...none], after: [0, ...missing, ...none], value: 0 });
  const start = [0, ...axes.map(({ before }) => before), ...none];
  const shape = ["n" as const, ...axes.map(({ size }) => size), ...channels];
  const isWhole =
    start.every((at) => at === 0) && shape.every((size, axis) => size === whole.type.shape[axis]);
  return isWhole ? whole : g.slice(whole, { start, shape });
}

const paddingText =
  "Determines the size of the output: (size - 1) · stride + kernel for valid; size · stride for same; a number " +
  "removes that many positions from every side of the valid output.";
const strideText = "The step between windows in the output.";
const dilationText =
  "The distance between the positions of a window; 1, the default, means adjacent positions.";
const outputPaddingText =
  "The number of positions that are added at the end of every axis, less than stride or dilation; by default 0.";

export const conv1dTranspose = defineLayer({
  name: "conv1d-transpose",
  about: "a transposed convolution, which lengthens sequences",
  keys: {
    filters: filtersKey,
    kernel: z.int().positive().describe("The length of the filters."),
    stride: z.int().positive().default(1).describe(strideText),
    padding: paddingKey.default("valid").describe(paddingText),
    dilation: z.int().positive().optional().describe(dilationText),
    outputPadding: zeros.optional().describe(outputPaddingText),
    groups: groupsKey,
    ...filterKeys,
  },
  takes: "one input",
  mask: {
    of: ({ g }, [{ node, mask }], keys, value) => {
      const [axis] = outputAxes([Number(node.type.shape[1])], keys);
      const isSame = keys.padding === "same";
      // Without padding, the output for `length` positions ends at length · stride + excess.
      const excess = isSame ? 0 : axis.size - Number(node.type.shape[1]) * axis.stride;
      return (
        mask && maskOfSpread(g, mask, { stride: axis.stride, excess, count: Number(value.type.shape[1]) })
      );
    },
  },
  build: (context, [input], keys) => spread(context, input, 1, keys),
});

export const conv2dTranspose = defineLayer({
  name: "conv2d-transpose",
  about: "a transposed convolution, which enlarges images",
  keys: {
    filters: filtersKey,
    kernel: pairKey.describe("The height and width of the filters; one number sets both."),
    stride: pairKey.default(1).describe(strideText),
    padding: pairPaddingKey.default("valid").describe(paddingText),
    dilation: pairKey.optional().describe(dilationText),
    outputPadding: z
      .union([zeros, z.tuple([zeros, zeros])])
      .optional()
      .describe(outputPaddingText),
    groups: groupsKey,
    ...filterKeys,
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], keys) => spread(context, input, 2, keys),
});
