/**
 * Normalisation layers, each with a learned scale γ (and shift β) for each index of the last axis:
 *
 *     layer-norm   y = (x − mean x) / √(variance x + ε) · γ + β   over U units; Ba, Kiros and Hinton 2016
 *     batch-norm   y = (x − mean x) / √(variance x + ε) · γ + β   over all axes but the last; Ioffe and Szegedy 2015
 *     group-norm   y = (x − mean x) / √(variance x + ε) · γ + β   over a group of channels; Wu and He 2018
 *     rms-norm     y = x / √(mean x² + ε) · γ                     Zhang and Sennrich 2019
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { alongLastAxis, lastAxis } from "../compositions.ts";
import { defineLayer, realWithLastAxis } from "./layer.ts";
import type { LayerContext } from "./layer.ts";

const epsilon = z
  .number()
  .positive()
  .default(1e-5)
  .describe("Added to the variance, so that it is never zero.");

/** √(variance + ε) */
const deviationOf = (g: GraphBuilder, variance: Node, epsilon: number): Node =>
  g.part("deviation", g.sqrt(g.add(variance, epsilon)));

/** (x − mean x) / √(variance x + ε) over `axes` of x, which together have `size` elements. */
function normalisedOver(
  g: GraphBuilder,
  x: Node,
  axes: readonly number[],
  size: number,
  epsilon: number,
): Node {
  const repeat = (y: Node) => g.repeatAlong(y, axes, x.type.shape);
  const mean = g.part("mean", g.divide(g.part("sum", g.reduceSum(x, { axes })), size));
  const centred = g.part("centred", g.subtract(x, repeat(mean)));
  const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(centred, centred), { axes }));
  const variance = g.part("variance", g.divide(squares, size));
  return g.part("normal", g.divide(centred, repeat(deviationOf(g, variance, epsilon))));
}

/** γ, initially 1. */
const scaleOf = (context: LayerContext, size: number): Node =>
  context.parameter("scale", [size], { init: { type: "ones" }, initKey: "init", regularized: false });

/** β, initially 0. */
const shiftOf = (context: LayerContext, size: number): Node =>
  context.parameter("shift", [size], { init: { type: "zeros" }, initKey: "init", regularized: false });

export const layerNorm = defineLayer({
  name: "layer-norm",
  about: "mean 0 and variance 1 along the last axis, then a learned scale and shift",
  keys: { epsilon },
  takes: "one input",
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const normal = normalisedOver(g, x, [lastAxis(x)], size, keys.epsilon);
    const scale = scaleOf(context, size);
    const shift = shiftOf(context, size);
    return g.add(g.multiply(normal, scale), shift);
  },
});

export const rmsNorm = defineLayer({
  name: "rms-norm",
  about: "mean square 1 along the last axis, then a learned scale",
  keys: { epsilon },
  takes: "one input",
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(x, x), { axes: [lastAxis(x)] }));
    const meanSquare = g.part("mean_square", g.divide(squares, size));
    const deviation = deviationOf(g, meanSquare, keys.epsilon);
    const normal = g.part("normal", g.divide(x, alongLastAxis(g, deviation, x)));
    return g.multiply(normal, scaleOf(context, size));
  },
});

/**
 * Normalises each group of channels, over its channels and all positions, as torch.nn.GroupNorm. The variance
 * is the mean square of the deviations.
 */
export const groupNorm = defineLayer({
  name: "group-norm",
  about: "mean 0 and variance 1 over each group of channels, then a learned scale and shift",
  keys: {
    groups: z.int().positive().describe("The number of groups, each of consecutive channels."),
    epsilon,
  },
  takes: "one input",
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
    const cut = g.reshape(x, { shape: ["n", places, groups, width] });
    const normal = g.reshape(normalisedOver(g, cut, [1, 3], places * width, added), { shape });
    const scale = scaleOf(context, channels);
    const shift = shiftOf(context, channels);
    return g.add(g.multiply(normal, scale), shift);
  },
});

/**
 * In training, normalises with the statistics of the batch; in evaluation, with running statistics, as
 * torch.nn.BatchNorm: running ← (1 − m) · running + m · batch. The running variance is updated with the
 * unbiased variance of the batch, which is N / (N − 1) times the variance that normalises.
 */
export const batchNorm = defineLayer({
  name: "batch-norm",
  about: "mean 0 and variance 1 over the batch, then a learned scale and shift",
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
  build: (context, [input], keys) => {
    const { g } = context;
    const { x, size } = realWithLastAxis(context, input);
    const axes = x.type.shape.slice(0, -1).map((_, axis) => axis);
    const places = x.type.shape.slice(1, -1).reduce<number>((product, d) => product * Number(d), 1);
    const count = g.multiply(g.batchSize({ element: g.float }), places);
    const scale = scaleOf(context, size);
    const shift = shiftOf(context, size);

    const mean = g.part("batch_mean", g.divide(g.part("sum", g.reduceSum(x, { axes })), count));
    const centred = g.part("centred", g.subtract(x, mean));
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
