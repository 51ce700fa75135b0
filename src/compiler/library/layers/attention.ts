/**
 * Multi-head self-attention (Vaswani et al., "Attention is all you need", 2017, section 3.2), as
 * torch.nn.MultiheadAttention:
 *
 *     Q = x · W_q + b_q, likewise K and V, each split into heads of D = units / heads
 *     A = softmax(Q · Kᵀ / √D); if causal, each position reads only itself and earlier positions
 *     y = (A · V, heads concatenated) · W_o + b_o
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { shiftedExponentials, alongLastAxis, lastAxis } from "../compositions.ts";
import { defineLayer, givenText, realWithLastAxis } from "./layer.ts";
import type { LayerContext } from "./layer.ts";

/** x · W + b along the last axis of a sequence. */
function projected(context: LayerContext, x: Node, name: string, units: number): Node {
  const { g } = context;
  const init = { type: "xavier-uniform" } as const;
  const weight = context.parameter(name, [units, units], { init, initKey: "init", regularized: true });
  const bias = context.parameter(`${name}Bias`, [units], {
    init: { type: "zeros" },
    initKey: "init",
    regularized: false,
  });
  const product = g.contract(x, weight, { batchX: [], batchY: [], sumX: [2], sumY: [0] });
  return g.part(name, g.add(g.part(`${name}_product`, product), bias));
}

/** Scores of later positions become −∞, so their weights are 0. */
function masked(g: GraphBuilder, scores: Node): Node {
  const { shape } = scores.type;
  const here = g.iota({ shape, axis: shape.length - 2 });
  const there = g.iota({ shape, axis: shape.length - 1 });
  return g.part("masked", g.select(g.part("visible", g.lessEqual(there, here)), scores, -Infinity));
}

function softmaxAlongLast(g: GraphBuilder, scores: Node): Node {
  const { exponentials, sum } = shiftedExponentials(g, scores);
  return g.divide(exponentials, alongLastAxis(g, sum, scores));
}

export const attention = defineLayer({
  name: "attention",
  about:
    "self-attention: each position of a sequence reads the others, weighted by how well their keys match its query",
  keys: {
    heads: z.int().positive().describe("The number of heads; each has an equal part of the units."),
    causal: z.boolean().default(false).describe("Lets each position read only itself and earlier positions."),
  },
  takes: "one input",
  build: (context, [input], { heads, causal }) => {
    const { g, layer } = context;
    const { x, size: units } = realWithLastAxis(context, input);
    const length = x.type.shape[1];
    if (lastAxis(x) !== 2 || typeof length !== "number")
      return context.refuse(`${layer} takes sequences [n, length, units], but ${givenText([input])}`);
    if (units % heads !== 0)
      context.refuse(`${layer}.heads must divide the ${units} units of ${input.name}, got ${heads}`, {
        key: "heads",
      });
    const width = units / heads;
    const cut = (name: string): Node =>
      g.reshape(projected(context, x, name, units), { shape: ["n", length, heads, width] });
    const [query, key, value] = [cut("query"), cut("key"), cut("value")];
    // [n, heads, reading position, position that is read]
    const matches = { batchX: [0, 2], batchY: [0, 2], sumX: [3], sumY: [3] };
    const products = g.part("products", g.contract(query, key, matches));
    const scores = g.part("scores", g.multiply(products, 1 / Math.sqrt(width)));
    const shares = g.part("shares", softmaxAlongLast(g, causal ? masked(g, scores) : scores));
    // [n, heads, position, width] → [n, position, units]
    const places = { batchX: [0, 1], batchY: [0, 2], sumX: [3], sumY: [1] };
    const mixed = g.part("heads", g.contract(shares, value, places));
    const joined = g.reshape(g.transpose(mixed, { permutation: [0, 2, 1, 3] }), {
      shape: ["n", length, units],
    });
    return projected(context, g.part("mixed", joined), "output", units);
  },
});
