/**
 * Activations that are x for positive x and bend below zero. Derivatives at 0 are PyTorch's: that of the negative side.
 * Exponentials are taken of min(x, 0) only, since the side that a select drops must stay finite: 0 · ∞ would be NaN.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineActivation } from "../define.ts";

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

export const elu = defineActivation({
  name: "elu",
  about: "y = x where x > 0, alpha · (exp(x) - 1) elsewhere",
  keys: { alpha: z.number().default(1).describe("Minus the limit for very negative x.") },
  family: "he",
  acts: "on elements",
  build: (g, x, { alpha }) => exponentialLinear(g, x, alpha),
});

/** Klambauer et al. 2017: with these two numbers mean 0 and variance 1 are a fixed point. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

export const selu = defineActivation({
  name: "selu",
  about: "elu scaled so that activations keep mean 0 and variance 1",
  keys: {},
  family: "lecun",
  acts: "on elements",
  build: (g, x) => g.multiply(seluScale, exponentialLinear(g, x, seluAlpha)),
});
