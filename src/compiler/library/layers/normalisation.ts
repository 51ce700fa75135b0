/**
 * Layers that bring values to a common size, each with a learned scale γ (and shift β) for each place of the last axis:
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

/** The mean along the last axis, repeated along it. */
const meanAlong = (g: GraphBuilder, name: string, x: Node, size: number): Node =>
  alongLastAxis(g, g.part(name, g.divide(g.reduceSum(x, { axes: [lastAxis(x)] }), size)), x);

/** centred / √(variance + ε) */
const normalised = (g: GraphBuilder, centred: Node, variance: Node, added: number): Node =>
  g.part("normal", g.divide(centred, g.part("deviation", g.sqrt(g.add(variance, added)))));

/** γ, 1 at first. */
const scaleOf = (context: LayerContext, size: number): Node =>
  context.parameter("scale", [size], { init: { type: "ones" }, initKey: "init", regularized: false });

/** β, 0 at first. */
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
    const centred = g.part("centred", g.subtract(x, meanAlong(g, "mean", x, size)));
    const variance = meanAlong(g, "variance", g.multiply(centred, centred), size);
    const normal = normalised(g, centred, variance, keys.epsilon);
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
    const meanSquare = meanAlong(g, "mean_square", g.multiply(x, x), size);
    const scale = scaleOf(context, size);
    return g.multiply(normalised(g, x, meanSquare, keys.epsilon), scale);
  },
});

/**
 * Channels in groups, each normalised over its channels and all places, as torch.nn.GroupNorm; the variance
 * divides by their number.
 */
export const groupNorm = defineLayer({
  name: "group-norm",
  about: "mean 0 and variance 1 over each group of channels, then a learned scale and shift",
  keys: {
    groups: z.int().positive().describe("How many groups the channels are cut into, in their order."),
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
    const axes = [1, 3];
    const mean = (name: string, y: Node): Node =>
      g.repeatAlong(g.part(name, g.divide(g.reduceSum(y, { axes }), places * width)), axes, cut.type.shape);
    const centred = g.part("centred", g.subtract(cut, mean("mean", cut)));
    const variance = mean("variance", g.multiply(centred, centred));
    const normal = g.reshape(normalised(g, centred, variance, added), { shape });
    const scale = scaleOf(context, channels);
    const shift = shiftOf(context, channels);
    return g.add(g.multiply(normal, scale), shift);
  },
});

/**
 * Statistics of a batch while training, running ones in evaluation. As in torch.nn.BatchNorm: running ← (1 −
 * m) · running + m · batch, where the running variance takes the unbiased one, N / (N − 1) times what
 * normalises.
 */
export const batchNorm = defineLayer({
  name: "batch-norm",
  about: "mean 0 and variance 1 over the batch, then a learned scale and shift",
  keys: {
    epsilon,
    momentum: z.number().min(0).max(1).default(0.1).describe("What running statistics take of each batch."),
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

    const mean = g.part("batch_mean", g.divide(g.reduceSum(x, { axes }), count));
    const centred = g.part("centred", g.subtract(x, mean));
    const squares = g.part("sum_of_squares", g.reduceSum(g.multiply(centred, centred), { axes }));
    const variance = g.part("batch_variance", g.divide(squares, count));
    // Statistics are taken over as numbers: what they become sways no gradient.
    const blend = (before: Node, batch: Node): Node =>
      g.add(g.multiply(1 - keys.momentum, before), g.multiply(keys.momentum, g.stopGradient(batch)));
    const unbiased = g.divide(squares, g.maximum(g.subtract(count, 1), 1));
    const runningMean = context.running("mean", [size], { type: "zeros" }, (before) => blend(before, mean));
    const runningVariance = context.running("variance", [size], { type: "ones" }, (before) =>
      blend(before, unbiased),
    );

    const isTraining = context.mode === "training";
    const normal = isTraining
      ? normalised(g, centred, variance, keys.epsilon)
      : normalised(g, g.subtract(x, runningMean), runningVariance, keys.epsilon);
    return g.add(g.multiply(normal, scale), shift);
  },
});
