/**
 * The built-in activations: first pointwise functions, grouped by the form of their curve, then softmax along
 * the last axis.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import * as compositions from "../compositions.ts";
import { defineActivation } from "../define.ts";

/** y = x */
export const linear = defineActivation({
  name: "linear",
  about: "y = x",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (_, x) => x,
});

/**
 * The perceptron's unit step: 1 where x ≥ 0, and 0 elsewhere. Its derivative is 0. A surrogate f provides
 * another derivative without changing the value: y = step(x) + (f(x) − stop f(x)), where the difference in
 * brackets is exactly 0.
 */
export const unitStep = (g: GraphBuilder, x: Node): Node => g.select(g.lessEqual(0, x), 1, 0);

export const step = defineActivation({
  name: "step",
  about: "y = 1 where x >= 0, 0 elsewhere; without a surrogate its derivative is 0",
  keys: {
    surrogate: z
      .enum(["straight-through", "sigmoid"])
      .optional()
      .describe("The derivative used instead of 0: that of y = x, or that of the sigmoid."),
  },
  family: "xavier",
  acts: "on elements",
  build: (g, x, { surrogate }) => {
    const value = unitStep(g, x);
    if (surrogate === undefined) return value;
    const smooth = surrogate === "sigmoid" ? g.sigmoid(x) : x;
    return g.add(value, g.subtract(smooth, g.stopGradient(smooth)));
  },
});

// Activations that are x for positive x and bend below zero. At 0 the derivative is that of the negative
// side, as in PyTorch. Exponentials receive min(x, 0), so that the branch that a select does not choose stays
// finite: its gradient 0 · ∞ would be NaN.

const isPositive = (g: GraphBuilder, x: Node): Node => g.part("is_positive", g.less(0, x));

/** min(x, 0), with derivative 1 at 0. */
const negativePart = (g: GraphBuilder, x: Node): Node => g.select(isPositive(g, x), 0, x);

/** relu(x) + α · (e^min(x, 0) − 1) */
const exponentialLinear = (g: GraphBuilder, x: Node, alpha: number): Node =>
  g.add(g.part("relu", g.relu(x)), g.multiply(alpha, g.part("negative_side", g.expm1(negativePart(g, x)))));

export const relu = defineActivation({
  name: "relu",
  about: "y = max(x, 0)",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => g.relu(x),
});

export const leakyRelu = defineActivation({
  name: "leaky-relu",
  about: "y = x where x > 0, slope · x elsewhere",
  keys: { slope: z.number().default(0.01).describe("The slope for negative x.") },
  family: "he",
  acts: "on elements",
  build: (g, x, { slope }) => g.select(isPositive(g, x), x, g.multiply(slope, x)),
});

/** A relu with a threshold that may be above 0, as torch.nn.Threshold. */
export const threshold = defineActivation({
  name: "threshold",
  about: "y = x where x > threshold, value elsewhere",
  keys: {
    threshold: z.number().default(1).describe("The output is x above this number."),
    value: z.number().default(0).describe("The output elsewhere."),
  },
  family: "he",
  acts: "on elements",
  build: (g, x, { threshold: from, value }) => g.select(g.part("is_above", g.less(from, x)), x, value),
});

export const elu = defineActivation({
  name: "elu",
  about: "y = x where x > 0, alpha · (exp(x) - 1) elsewhere",
  keys: { alpha: z.number().default(1).describe("The output approaches -alpha for very negative x.") },
  family: "he",
  acts: "on elements",
  build: (g, x, { alpha }) => exponentialLinear(g, x, alpha),
});

/**
 * elu with a derivative that has no jump at 0 (Barron 2017). In the limit of alpha 0, the curve is that of
 * relu.
 */
export const celu = defineActivation({
  name: "celu",
  about: "y = x where x > 0, alpha · (exp(x / alpha) - 1) elsewhere",
  keys: { alpha: z.number().default(1).describe("The output approaches -alpha for very negative x.") },
  family: "he",
  acts: "on elements",
  build: (g, x, { alpha }) => {
    if (alpha === 0) return g.relu(x);
    const negative = g.part("negative_side", g.expm1(g.divide(negativePart(g, x), alpha)));
    return g.add(g.part("relu", g.relu(x)), g.multiply(alpha, negative));
  },
});

/**
 * These two constants make mean 0 and variance 1 a fixed point from layer to layer (Klambauer et al. 2017).
 */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

export const selu = defineActivation({
  name: "selu",
  about: "elu, scaled so that activations keep mean 0 and variance 1",
  keys: {},
  family: "lecun",
  acts: "on elements",
  build: (g, x) => g.multiply(seluScale, exponentialLinear(g, x, seluAlpha)),
});

// Smooth variants of relu: x times a gate between 0 and 1, and softplus.

/** Hendrycks and Gimpel 2016. Φ(x) = (1 + erf(x/√2)) / 2 is the normal distribution. */
export const gelu = defineActivation({
  name: "gelu",
  about: "y = x · Φ(x), where Φ is the normal distribution function",
  keys: {
    approximate: z
      .enum(["none", "tanh"])
      .default("none")
      .describe("With tanh, Φ(x) is approximated by (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2."),
  },
  family: "he",
  acts: "on elements",
  build: (g, x, { approximate }) =>
    approximate === "tanh" ? compositions.geluTanh(g, x) : compositions.gelu(g, x),
});

export const silu = defineActivation({
  name: "silu",
  about: "y = x · sigmoid(x)",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => compositions.silu(g, x),
});

export const mish = defineActivation({
  name: "mish",
  about: "y = x · tanh(softplus(x))",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => g.multiply(x, g.part("gate", g.tanh(compositions.softplus(g, x)))),
});

export const softplus = defineActivation({
  name: "softplus",
  about: "y = log(1 + exp(x))",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => compositions.softplus(g, x),
});

// Activations that map the real line to an interval. At the corners of the piecewise linear ones, the
// derivative is 0, as in PyTorch.

/** `inside` where −limit < x < limit, `below` for smaller x and `above` for larger x. */
const clamped = (g: GraphBuilder, x: Node, limit: number, below: number, inside: Node, above: number): Node =>
  g.select(
    g.part("is_above", g.less(-limit, x)),
    g.part("clipped_above", g.select(g.part("is_below", g.less(x, limit)), inside, above)),
    below,
  );

export const relu6 = defineActivation({
  name: "relu6",
  about: "y = x, limited to the range from 0 to 6",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) =>
    g.select(isPositive(g, x), g.part("clipped_above", g.select(g.part("is_below", g.less(x, 6)), x, 6)), 0),
});

/**
 * x · hard-sigmoid(x), as torch.nn.Hardswish (Howard et al. 2019). At −3 and 3, the derivative is that of the
 * parabola, as in PyTorch.
 */
export const hardSwish = defineActivation({
  name: "hard-swish",
  about: "y = x · (x + 3) / 6 where -3 <= x <= 3, 0 for smaller x, x for larger x",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => {
    const parabola = g.part("parabola", g.divide(g.multiply(x, g.add(x, 3)), 6));
    const right = g.part("right_side", g.select(g.part("is_right", g.less(3, x)), x, parabola));
    return g.select(g.part("is_left", g.less(x, -3)), 0, right);
  },
});

export const sigmoid = defineActivation({
  name: "sigmoid",
  about: "y = 1 / (1 + exp(-x))",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.sigmoid(x),
});

/**
 * x/6 + 1/2 with PyTorch's derivative. PyTorch's backward kernel uses 1/6 as a 32-bit number even for
 * doubles. That number exceeds 1/6 by 3·10⁻⁸. The value of x/6 + 1/2 itself is exact. In f32, there is no
 * difference.
 */
function sixthPlusHalf(g: GraphBuilder, x: Node): Node {
  const exact = g.add(g.divide(x, 6), 0.5);
  if (g.float === "f32") return exact;
  const asInPyTorch = g.multiply(Math.fround(1 / 6), x);
  return g.add(g.stopGradient(exact), g.subtract(asInPyTorch, g.stopGradient(asInPyTorch)));
}

export const hardSigmoid = defineActivation({
  name: "hard-sigmoid",
  about: "y = x/6 + 1/2, limited to the range from 0 to 1",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => clamped(g, x, 3, 0, g.part("line", sixthPlusHalf(g, x)), 1),
});

/** −softplus(−x), whose exponential cannot overflow. */
export const logSigmoid = defineActivation({
  name: "log-sigmoid",
  about: "the logarithm of sigmoid",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.negate(compositions.softplus(g, g.negate(x))),
});

export const tanh = defineActivation({
  name: "tanh",
  about: "y = tanh(x)",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.tanh(x),
});

export const hardTanh = defineActivation({
  name: "hard-tanh",
  about: "y = x, limited to the range from -1 to 1",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => clamped(g, x, 1, -1, x, 1),
});

export const softsign = defineActivation({
  name: "softsign",
  about: "y = x / (1 + |x|)",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.divide(x, g.part("divisor", g.add(1, g.absolute(x)))),
});

// Shrinkage: maps the numbers around 0 to 0, or nearly so. In the interval, the derivative is 0, as in PyTorch.

const shrinkKeys = {
  lambda: z.number().min(0).default(0.5).describe("The output is 0 from -lambda to lambda."),
};

/** `below` where x < −λ, `above` where x > λ, and 0 between. */
const shrunk = (g: GraphBuilder, x: Node, lambda: number, below: Node, above: Node): Node =>
  g.select(
    g.part("is_above", g.less(lambda, x)),
    above,
    g.part("lower_side", g.select(g.part("is_below", g.less(x, -lambda)), below, 0)),
  );

export const hardShrink = defineActivation({
  name: "hard-shrink",
  about: "y = x where |x| > lambda, 0 elsewhere",
  keys: shrinkKeys,
  family: "xavier",
  acts: "on elements",
  build: (g, x, { lambda }) => shrunk(g, x, lambda, x, x),
});

export const softShrink = defineActivation({
  name: "soft-shrink",
  about: "y = x - lambda where x > lambda, x + lambda where x < -lambda, 0 elsewhere",
  keys: shrinkKeys,
  family: "xavier",
  acts: "on elements",
  build: (g, x, { lambda }) => shrunk(g, x, lambda, g.add(x, lambda), g.subtract(x, lambda)),
});

export const tanhShrink = defineActivation({
  name: "tanh-shrink",
  about: "y = x - tanh(x)",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.subtract(x, g.tanh(x)),
});

/** y_j = e_j / s */
export const softmax = defineActivation({
  name: "softmax",
  about: "converts numbers to positive numbers that sum to 1 along the last axis",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => compositions.softmax(g, x),
});

/** y_j = shifted_j − log s */
export const logSoftmax = defineActivation({
  name: "log-softmax",
  about: "the logarithm of softmax",
  keys: {},
  family: "xavier",
  acts: "on the last axis",
  build: (g, x) => compositions.logSoftmax(g, x),
});
