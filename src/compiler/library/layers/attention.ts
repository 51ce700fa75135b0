/**
 * Multi-head attention (Vaswani et al., "Attention is all you need", 2017, section 3.2), as
 * torch.nn.MultiheadAttention. A sequence x reads a memory m, which is x itself for self-attention:
 *
 *     Q = x · W_q + b_q, K = m · W_k + b_k, V = m · W_v + b_v, each split into heads of D = units / heads
 *     A = softmax(Q · Kᵀ / √D); if causal, each position reads only itself and earlier positions
 *     y = (dropout(A) · V, heads concatenated) · W_o + b_o
 *
 * Padding of the memory has weight 0. A position that cannot read any position has A = 0.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { lastAxis, softmax } from "../compositions.ts";
import { dropped } from "./dropout.ts";
import { defineLayer, givenText, missingAxisHint, realWithLastAxis } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";
import { maskedSoftmax, positionsOf } from "./masks.ts";

interface AttentionKeys {
  readonly heads: number;
  readonly causal: boolean;
  readonly dropout?: number | undefined;
}

/** x · W + b along the last axis of a sequence. */
function projected(context: LayerContext, x: Node, name: string, units: number): Node {
  const { g } = context;
  const init = { type: "xavier-uniform" } as const;
  const size = Number(x.type.shape[2]);
  const weight = context.parameter(name, [size, units], { init, initKey: "init", regularized: true });
  const bias = context.parameter(`${name}Bias`, [units], {
    init: { type: "zeros" },
    initKey: "init",
    regularized: false,
  });
  const product = g.contract(x, weight, { batchX: [], batchY: [], sumX: [2], sumY: [0] });
  return g.part(name, g.add(g.part(`${name}_product`, product), bias));
}

/**
 * The attention weights [n, heads, reading, read]: for each reading position, the weight of each position of
 * the memory.
 */
function sharesOf(g: GraphBuilder, scores: Node, mask: Node | undefined, causal: boolean): Node {
  const { shape } = scores.type;
  const there = (): Node => g.iota({ shape, axis: 3 });
  const isVisible = (read: Node): Node => g.part("visible", g.lessEqual(read, g.iota({ shape, axis: 2 })));
  if (mask === undefined)
    // Scores of later positions become −∞, so their weights are 0.
    return softmax(g, causal ? g.part("masked", g.select(isVisible(there()), scores, -Infinity)) : scores);
  const isReal = g.repeatAlong(mask, [1, 2], shape);
  // Padding gets a position after the last one, so that a causal layer does not read it.
  return maskedSoftmax(g, scores, causal ? isVisible(g.select(isReal, there(), positionsOf(mask))) : isReal);
}

/** A sequence with its length and units. */
function sequenceOf(context: LayerContext, input: LayerInput) {
  const { x, size: units } = realWithLastAxis(context, input);
  const length = x.type.shape[1];
  if (lastAxis(x) === 2 && typeof length === "number") return { x, length, units };
  return context.refuse(
    `${context.layer} must read a sequence [n, length, units], but ${givenText([input])}`,
    { hint: missingAxisHint(input, 2) },
  );
}

function attended(
  context: LayerContext,
  reading: LayerInput,
  memory: LayerInput,
  { heads, causal, dropout = 0 }: AttentionKeys,
): Node {
  const { g, layer } = context;
  const { x, length, units } = sequenceOf(context, reading);
  const read = sequenceOf(context, memory);
  if (units % heads !== 0)
    context.refuse(`${layer}.heads must divide the ${units} units of ${reading.name}, got ${heads}`, {
      key: "heads",
    });
  const width = units / heads;
  const cut = (name: string, from: Node, positions: number): Node =>
    g.reshape(projected(context, from, name, units), { shape: ["n", positions, heads, width] });
  const query = cut("query", x, length);
  const [key, value] = [cut("key", read.x, read.length), cut("value", read.x, read.length)];
  // [n, heads, reading position, position that is read]
  const matches = { batchX: [0, 2], batchY: [0, 2], sumX: [3], sumY: [3] };
  const products = g.part("products", g.contract(query, key, matches));
  const scores = g.part("scores", g.multiply(products, 1 / Math.sqrt(width)));
  const shares = dropped(context, g.part("shares", sharesOf(g, scores, memory.mask, causal)), dropout);
  // [n, heads, position, width] → [n, position, units]
  const places = { batchX: [0, 1], batchY: [0, 2], sumX: [3], sumY: [1] };
  const mixed = g.part("heads", g.contract(shares, value, places));
  const joined = g.reshape(g.transpose(mixed, { permutation: [0, 2, 1, 3] }), {
    shape: ["n", length, units],
  });
  return projected(context, g.part("mixed", joined), "output", units);
}

const keys = {
  heads: z.int().positive().describe("The number of heads, which share the units equally."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("The fraction of the attention weights that is dropped in training; by default 0."),
};

export const attention = defineLayer({
  name: "attention",
  about:
    "self-attention: each position of a sequence reads all positions, weighted by how well their keys match its query",
  keys: {
    ...keys,
    causal: z
      .boolean()
      .default(false)
      .describe("If true, each position reads only itself and earlier positions."),
  },
  takes: "one input",
  mask: "passes",
  build: (context, [input], chosen) => attended(context, input, input, chosen),
});

export const crossAttention = defineLayer({
  name: "cross-attention",
  about:
    "cross-attention: each position of the first sequence reads the second one, as a decoder reads an encoder",
  keys,
  takes: "two inputs",
  mask: "passes",
  build: (context, [reading, memory], chosen) =>
    attended(context, reading, memory, { ...chosen, causal: false }),
});
