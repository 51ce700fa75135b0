/** Normalisation: y = (x − μ) / √(σ² + ε) · scale + bias. The operators differ in the axes of mean and variance. */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import { range } from "../../../util/collections.ts";
import { alongAxes, axisOf, computed, staticSize } from "../operator.ts";
import type { Operator, OperatorContext, Operators } from "../operator.ts";
import { meanAlong } from "./reductions.ts";

/** Repeats x along the axes that it lacks. */
const along = (g: GraphBuilder, x: Node, axes: readonly number[], like: Node): Node =>
  g.repeatAlong(x, axes, like.type.shape);

/** Broadcasts one number per channel. Axis 1 is the axis of channels. */
const perChannel = (g: GraphBuilder, x: Node, like: Node): Node =>
  along(
    g,
    x,
    like.type.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
    like,
  );

interface Moments {
  readonly mean: Node;
  readonly deviation: Node;
  readonly variance: Node;
}

/** The mean, the deviation x − mean, and the mean of the squared deviation. */
function momentsAlong(g: GraphBuilder, x: Node, axes: readonly number[]): Moments {
  const mean = meanAlong(g, x, axes);
  const deviation = g.subtract(x, along(g, mean, axes, x));
  return { mean, deviation, variance: meanAlong(g, g.multiply(deviation, deviation), axes) };
}

/** 1 / √(σ² + ε) */
const inverseDeviation = (g: GraphBuilder, variance: Node, epsilon: number): Node =>
  g.divide(1, g.sqrt(g.add(variance, epsilon)));

function normalised(g: GraphBuilder, x: Node, axes: readonly number[], epsilon: number): Node {
  const { deviation, variance } = momentsAlong(g, x, axes);
  return g.multiply(deviation, along(g, inverseDeviation(g, variance, epsilon), axes, x));
}

const epsilonOf = (context: OperatorContext): number => context.real("epsilon", 1e-5);

const batchNorm: Operator = computed((context, inputs) => {
  const [x, scale, bias, mean, variance] = inputs.map((node) => node ?? context.refuse("has too few inputs"));
  const { g } = context;
  const epsilon = epsilonOf(context);
  const normalise = (mu: Node, sigma: Node): Node => {
    const factor = g.multiply(scale, inverseDeviation(g, sigma, epsilon));
    return g.add(
      g.multiply(g.subtract(x, perChannel(g, mu, x)), perChannel(g, factor, x)),
      perChannel(g, bias, x),
    );
  };
  if (context.integer("spatial", 1) === 0)
    return context.refuse("normalises each position separately, which is not supported");
  const isTest = context.opset < 7 ? context.integer("is_test", 0) !== 0 : context.outputs === 1;
  if (context.opset < 14 && !isTest)
    return context.refuse("computes batch statistics as defined before opset 14, which is not supported");
  if (context.integer("training_mode", 0) === 0) return normalise(mean, variance);
  const axes = x.type.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const own = momentsAlong(g, x, axes);
  const momentum = context.real("momentum", 0.9);
  const running = (before: Node, now: Node): Node =>
    g.add(g.multiply(momentum, before), g.multiply(1 - momentum, now));
  return [normalise(own.mean, own.variance), running(mean, own.mean), running(variance, own.variance)];
});

const layerNorm: Operator = computed((context, [x, scale, bias]) => {
  if (x === undefined || scale === undefined) return context.refuse("needs an input and a scale");
  const { g } = context;
  const { shape } = x.type;
  const first = axisOf(context, context.integer("axis", -1), shape.length);
  const axes = range(first, shape.length - first);
  const { mean, deviation, variance } = momentsAlong(g, x, axes);
  const inverse = inverseDeviation(g, variance, epsilonOf(context));
  const scaled = g.multiply(g.multiply(deviation, along(g, inverse, axes, x)), scale);
  const kept = (value: Node): Node =>
    g.reshape(value, { shape: shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) });
  return [bias === undefined ? scaled : g.add(scaled, bias), kept(mean), kept(inverse)].slice(
    0,
    context.outputs,
  );
});

const instanceNorm: Operator = computed((context, [x, scale, bias]) => {
  if (x === undefined || scale === undefined || bias === undefined)
    return context.refuse("has too few inputs");
  const { g } = context;
  const y = normalised(g, x, range(2, x.type.shape.length - 2), epsilonOf(context));
  return g.add(g.multiply(y, perChannel(g, scale, x)), perChannel(g, bias, x));
});

/**
 * Mean and variance are computed for each group of channels. Scale and bias are per channel since opset 21, and per
 * group before.
 */
const groupNorm: Operator = computed((context, [x, scale, bias]) => {
  if (x === undefined || scale === undefined || bias === undefined)
    return context.refuse("has too few inputs");
  const { g } = context;
  const { shape } = x.type;
  const groups = context.integer("num_groups", 1);
  const channels = staticSize(context, shape[1], "number of channels");
  if (channels % groups !== 0)
    return context.refuse(`cannot divide ${channels} channels into ${groups} groups`);
  const split = g.reshape(x, { shape: [shape[0], groups, channels / groups, ...shape.slice(2)] });
  const y = normalised(g, split, range(2, shape.length - 1), epsilonOf(context));
  if (scale.type.shape[0] === groups && groups !== channels)
    return g.reshape(g.add(g.multiply(y, perChannel(g, scale, split)), perChannel(g, bias, split)), {
      shape,
    });
  const whole = g.reshape(y, { shape });
  return g.add(g.multiply(whole, perChannel(g, scale, x)), perChannel(g, bias, x));
});

/** (x − μ) / (σ + 10⁻⁹) */
const meanVarianceNorm: Operator = computed((context, [x]) => {
  if (x === undefined) return context.refuse("has no input");
  const { g } = context;
  const axes = context.integers("axes") ?? [0, 2, 3];
  const { deviation, variance } = momentsAlong(g, x, axes);
  return g.divide(deviation, along(g, g.add(g.sqrt(variance), 1e-9), axes, x));
});

/** x / ‖x‖ₚ along an axis. */
const lpNorm: Operator = computed((context, [x]) => {
  if (x === undefined) return context.refuse("has no input");
  const { g } = context;
  const axis = axisOf(context, context.integer("axis", -1), x.type.shape.length);
  const size = g.absolute(x);
  const norm =
    context.integer("p", 2) === 1
      ? g.reduceSum(size, { axes: [axis] })
      : g.sqrt(g.reduceSum(g.multiply(x, x), { axes: [axis] }));
  return g.divide(x, along(g, norm, [axis], x));
});

/** Krizhevsky et al. 2012: y = x / (bias + α / size · Σ x²)^β. The sum is over neighbouring channels. */
const localResponseNorm: Operator = computed((context, [x]) => {
  if (x === undefined) return context.refuse("has no input");
  const { g } = context;
  const size = context.integer("size", 1);
  const zeros = x.type.shape.map(() => 0);
  const before = zeros.with(1, Math.floor((size - 1) / 2));
  const after = zeros.with(1, Math.ceil((size - 1) / 2));
  const squares = g.pad(g.multiply(x, x), { before, after, value: 0 });
  const windows = g.window(squares, { axes: [1], size: [size], stride: [1], dilation: [1] });
  const sums = g.reduceSum(windows, { axes: [x.type.shape.length] });
  const divisor = g.add(context.real("bias", 1), g.multiply(context.real("alpha", 1e-4) / size, sums));
  return g.divide(x, g.power(divisor, context.real("beta", 0.75)));
});

export const normOperators: Operators = {
  BatchNormalization: batchNorm,
  LayerNormalization: alongAxes(layerNorm),
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  MeanVarianceNormalization: meanVarianceNorm,
  LpNormalization: lpNorm,
  LRN: localResponseNorm,
};
