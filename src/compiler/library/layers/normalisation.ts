/**
 * Normalisation layers, each with a learned scale γ (and shift β) for each index of the last axis:
 *
 *     layer-norm      y = (x − mean x) / √(variance x + ε) · γ + β   over U units; Ba, Kiros and Hinton 2016
 *     batch-norm      y = (x − mean x) / √(variance x + ε) · γ + β   over all axes but the last; Ioffe and Szegedy 2015
 *     group-norm      y = (x − mean x) / √(variance x + ε) · γ + β   over a group of channels; Wu and He 2018
 *     instance-norm   y = (x − mean x) / √(variance x + ε) · γ + β   over the positions; Ulyanov et al. 2016
 *     rms-norm        y = x / √(mean x² + ε) · γ                     Zhang and Sennrich 2019
 *
 * Means over the positions of a sequence exclude padding.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import type { Shape } from "../../ir/types.ts";
import { alongLastAxis, lastAxis } from "../compositions.ts";
import { defineLayer, givenText, realWithLastAxis } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { alongPositions, asNumbers } from "./masks.ts";

const epsilon = z
  .number()
  .positive()
  .default(1e-5)
  .describe("A number added to the variance, so that it is never zero.");

/** √(variance + ε) */
const deviationOf = (g: GraphBuilder, variance: Node, epsilon: number): Node =>
  g.part("deviation", g.sqrt(g.add(variance, epsilon)));

/** Describes the elements over which means are taken. */
interface Averaged {
  readonly axes: readonly number[];
  /** Whether each element of the tensor counts; undefined if all do. */
  readonly isReal: Node | undefined;
}

/**
 * x with 0 in place of elements that do not count. Norms divide this value. If they divided the padding of an
 * empty sequence by √ε in several layers, it would overflow, and its gradient would be NaN.
 */
const counted = (g: GraphBuilder, x: Node, { isReal }: Averaged): Node =>
  isReal === undefined ? x : g.select(isReal, x, 0);

/** Σ x over the elements that count. */
const sumOver = (g: GraphBuilder, x: Node, over: Averaged): Node =>
  g.reduceSum(counted(g, x, over), { axes: over.axes });

/**
 * The number of elements that count, or 1 if none do: a single number, or a tensor with a number for each
 * mean.
 */
const countOver = (g: GraphBuilder, { axes, isReal }: Averaged, size: number): Node | number =>
  isReal === undefined ? size : g.part("count", g.maximum(g.reduceSum(asNumbers(g, isReal), { axes }), 1));

/** (x − mean x) / √(variance x + ε) over axes of x, which together have `size` elements. */
function normalisedOver(g: GraphBuilder, x: Node, over: Averaged, size: number, epsilon: number): Node {
  const repeat = (y: Node) => g.repeatAlong(y, over.axes, x.type.shape);
  const count = countOver(g, over, size);
  const mean = g.part("mean", g.divide(g.part("sum", sumOver(g, x, over)), count));
  const centred = g.part("centred", counted(g, g.subtract(x, repeat(mean)), over));
  const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(centred, centred), { axes: over.axes }));
  const variance = g.part("variance", g.divide(squares, count));
  return g.part("normal", g.divide(centred, repeat(deviationOf(g, variance, epsilon))));
}

/** The last axis. In a value [n, length] it is time, which may have padding. */
const alongLast = (x: Node, { mask }: LayerInput): Averaged => ({
  axes: [lastAxis(x)],
  isReal: lastAxis(x) === 1 ? mask : undefined,
});

/** γ, initially 1. */
const scaleOf = (context: LayerContext, size: number): Node =>
  context.parameter("scale", [size], { init: { type: "ones" }, initKey: "init", regularized: false });

/** β, initially 0. */
const shiftOf = (context: LayerContext, size: number): Node =>
  context.parameter("shift", [size], { init: { type: "zeros" }, initKey: "init", regularized: false });

export const layerNorm = defineLayer({
  name: "layer-norm",
  about: "normalises to mean 0 and variance 1 along the last axis, then applies a learned scale and shift",
  keys: { epsilon },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const normal = normalisedOver(g, x, alongLast(x, input), size, keys.epsilon);
    const scale = scaleOf(context, size);
    const shift = shiftOf(context, size);
    return g.add(g.multiply(normal, scale), shift);
  },
});

export const rmsNorm = defineLayer({
  name: "rms-norm",
  about: "normalises to mean square 1 along the last axis, then applies a learned scale",
  keys: { epsilon },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const over = alongLast(x, input);
    const real = counted(g, x, over);
    const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(real, real), { axes: over.axes }));
    const meanSquare = g.part("mean_square", g.divide(squares, countOver(g, over, size)));
    const deviation = deviationOf(g, meanSquare, keys.epsilon);
    const normal = g.part("normal", g.divide(real, alongLastAxis(g, deviation, x)));
    return g.multiply(normal, scaleOf(context, size));
  },
});

/**
 * Normalises each group of channels, over its channels and all positions, as torch.nn.GroupNorm. The variance
 * is the mean square of the deviations.
 */
export const groupNorm = defineLayer({
  name: "group-norm",
  about: "normalises each group of channels to mean 0 and variance 1, then applies a learned scale and shift",
  keys: {
    groups: z.int().positive().describe("The number of groups; each consists of consecutive channels."),
    epsilon,
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { groups, epsilon: added }) => {
    const { g, layer } = context;
    const { x, size: channels } = realWithLastAxis(context, input);
    if (channels % groups !== 0)
      context.refuse(`${layer}.groups must divide the ${channels} channels of ${input.name}, got ${groups}`, {
        key: "groups",
      });
    const { shape } = x.type;
    const places = shape.slice(1, -1).reduce<number>((product, d) => product * Number(d), 1);
    const width = channels / groups;
    const cut = (y: Node): Node => g.reshape(y, { shape: ["n", places, groups, width] });
    const isReal = input.mask && cut(alongPositions(g, input.mask, shape));
    const normal = normalisedOver(g, cut(x), { axes: [1, 3], isReal }, places * width, added);
    const scale = scaleOf(context, channels);
    const shift = shiftOf(context, channels);
    return g.add(g.multiply(g.reshape(normal, { shape }), scale), shift);
  },
});

/**
 * Normalises each channel of each row over its positions, as torch.nn.InstanceNorm1d and 2d, without running
 * statistics. As there, scale and shift are off by default.
 */
export const instanceNorm = defineLayer({
  name: "instance-norm",
  about: "normalises each channel of each row to mean 0 and variance 1 over its positions",
  keys: {
    epsilon,
    affine: z
      .boolean()
      .default(false)
      .describe("If true, applies a learned scale and shift to each channel."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const { g, layer } = context;
    const { x, size: channels } = realWithLastAxis(context, input);
    const { shape } = x.type;
    const places = shape.slice(1, -1).reduce<number>((product, d) => product * Number(d), 1);
    if (places < 2)
      context.refuse(
        `${layer} normalises each channel over its positions, but ${givenText([input])}, so that a channel has ` +
          "only one position and its result would always be 0",
        { hint: "use layer-norm, which normalises over channels" },
      );
    const axes = shape.slice(1, -1).map((_, axis) => axis + 1);
    const isReal = input.mask && alongPositions(g, input.mask, shape);
    const normal = normalisedOver(g, x, { axes, isReal }, places, keys.epsilon);
    if (!keys.affine) return normal;
    const scale = scaleOf(context, channels);
    return g.add(g.multiply(normal, scale), shiftOf(context, channels));
  },
});

/** The number of elements of each channel in a batch: a scalar, or one for each position of [n, length]. */
function positionsInBatch(g: GraphBuilder, x: Node, mask: Node | undefined): Node {
  const { shape } = x.type;
  const product = (sizes: Shape): number => sizes.reduce<number>((all, size) => all * Number(size), 1);
  if (mask === undefined) return g.multiply(g.batchSize({ element: g.float }), product(shape.slice(1, -1)));
  const axes = shape.length === 2 ? [0] : [0, 1];
  const positions = g.multiply(g.reduceSum(asNumbers(g, mask), { axes }), product(shape.slice(2, -1)));
  return g.part("count", g.maximum(positions, 1));
}

/**
 * In training, normalises with the statistics of the batch; in evaluation, with running statistics, as
 * torch.nn.BatchNorm: running ← (1 − m) · running + m · batch. The running variance is updated with the
 * unbiased variance of the batch, which is N / (N − 1) times the variance that normalises.
 */
export const batchNorm = defineLayer({
  name: "batch-norm",
  about:
    "normalises each channel to mean 0 and variance 1 over the batch, then applies a learned scale and shift",
  keys: {
    epsilon,
    momentum: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe("The weight of each batch in the running statistics."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const axes = x.type.shape.slice(0, -1).map((_, axis) => axis);
    const over: Averaged = { axes, isReal: input.mask && alongPositions(g, input.mask, x.type.shape) };
    const count = positionsInBatch(g, x, input.mask);
    const scale = scaleOf(context, size);
    const shift = shiftOf(context, size);

    const mean = g.part("batch_mean", g.divide(g.part("sum", sumOver(g, x, over)), count));
    const centred = g.part("centred", counted(g, g.subtract(x, mean), over));
    const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(centred, centred), { axes }));
    const variance = g.part("batch_variance", g.divide(squares, count));
    // Running statistics have no gradient.
    const blend = (before: Node, batch: Node): Node =>
      g.add(g.multiply(1 - keys.momentum, before), g.multiply(keys.momentum, g.stopGradient(batch)));
    const unbiased = g.divide(squares, g.maximum(g.subtract(count, 1), 1));
    const runningMean = context.running("mean", [size], { type: "zeros" }, (before) => blend(before, mean));
    const runningVariance = context.running("variance", [size], { type: "ones" }, (before) =>
      blend(before, unbiased),
    );

    const isTraining = context.mode === "training";
    const normal = isTraining
      ? g.divide(centred, deviationOf(g, variance, keys.epsilon))
      : g.divide(g.subtract(x, runningMean), deviationOf(g, runningVariance, keys.epsilon));
    return g.add(g.multiply(g.part("normal", normal), scale), shift);
  },
});
