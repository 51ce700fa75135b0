/**
 * Adam (Kingma and Ba 2015), as torch.optim.Adam, at step t = 1, 2, …:
 *
 *     m ← β₁ · m + (1 − β₁) · g        v ← β₂ · v + (1 − β₂) · g²
 *     p ← p − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 *
 * With amsgrad (Reddi, Kale and Kumar 2018), √v is the root of the largest v so far. Adam adds weight decay
 * to the gradient; AdamW (Loshchilov and Hutter 2019) first subtracts it from the parameters:
 * p ← p · (1 − lr · wd).
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineOptimizer } from "../define.ts";
import type { StateShape, Update, UpdateParts } from "../define.ts";
import {
  asNumberOf,
  biasCorrection,
  decayed,
  momentsKeys,
  moved,
  runningMean,
  square,
  weightDecayKey,
} from "./parts.ts";

const keys = {
  ...momentsKeys,
  amsgrad: z
    .boolean()
    .default(false)
    .describe("If true, divides by the largest running mean of squares so far (AMSGrad)."),
};

interface AdamKeys {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;
}

const states = ({ amsgrad }: AdamKeys): Record<string, StateShape> => ({
  mean: "like",
  squares: "like",
  ...(amsgrad ? { largest: "like" } : {}),
});

/** The step that Adam and AdamW share after weight decay. */
function adamStep(g: GraphBuilder, parts: UpdateParts, { beta1, beta2, epsilon, amsgrad }: AdamKeys): Update {
  const { parameter, gradient, state, step, rate } = parts;
  const t = g.named("t", g.add(step, 1));
  const mean = g.named("next_mean", runningMean(g, state.mean, gradient, beta1));
  const squares = g.named("next_squares", runningMean(g, state.squares, square(g, gradient), beta2));
  const largest = amsgrad ? g.named("next_largest", g.maximum(state.largest, squares)) : undefined;
  const root = g.named("correction", g.sqrt(biasCorrection(g, beta2, t)));
  const deviation = g.divide(g.sqrt(largest ?? squares), asNumberOf(g, root, parameter));
  const stepSize = g.named("stepSize", g.divide(rate, biasCorrection(g, beta1, t)));
  return {
    parameter: moved(g, parameter, stepSize, g.divide(mean, g.add(deviation, epsilon))),
    state: { mean, squares, ...(largest && { largest }) },
  };
}

export const adam = defineOptimizer({
  name: "adam",
  about: "running means of gradients and of their squares, with bias correction",
  defaultRate: 0.001,
  keys: { ...keys, weightDecay: weightDecayKey(0) },
  states,
  update: (g, parts, values) => {
    const gradient = decayed(g, parts.gradient, parts.parameter, values.weightDecay);
    return adamStep(g, { ...parts, gradient }, values);
  },
});

/** p · (1 − lr · wd) */
export function shrunk(g: GraphBuilder, parameter: Node, rate: Node, weightDecay: number): Node {
  if (weightDecay === 0) return parameter;
  const kept = g.named("kept_share", g.subtract(1, g.multiply(weightDecay, rate)));
  return g.multiply(asNumberOf(g, kept, parameter), parameter);
}

export const adamw = defineOptimizer({
  name: "adamw",
  about: "Adam with decoupled weight decay",
  defaultRate: 0.001,
  keys: { ...keys, weightDecay: weightDecayKey(0.01) },
  states,
  update: (g, parts, values) => {
    const parameter = shrunk(g, parts.parameter, parts.rate, values.weightDecay);
    return adamStep(g, { ...parts, parameter }, values);
  },
});
