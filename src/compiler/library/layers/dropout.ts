/**
 * Inverted dropout (Srivastava et al. 2014). Training sets each number to 0 with probability `rate` and
 * scales the others by 1/(1 − rate), so that evaluation needs no scaling.
 *
 *     y = u ≥ rate ? x / (1 − rate) : 0,  u uniform in [0, 1)
 */
import * as z from "zod";
import type { Node } from "../../ir/nodes.ts";
import { defineLayer, realNumbers } from "./layer.ts";
import type { LayerContext } from "./layer.ts";

/** In training, drops a fraction of the elements of x. */
export function dropped(context: LayerContext, x: Node, rate: number): Node {
  const { g, mode } = context;
  if (mode === "evaluation" || rate === 0) return x;
  const stays = g.part("kept", g.lessEqual(rate, context.random(x.type.shape)));
  return g.select(stays, g.multiply(1 / (1 - rate), x), 0);
}

export const dropout = defineLayer({
  name: "dropout",
  about: "in training, drops a random fraction of the elements",
  keys: { rate: z.number().min(0).lt(1).default(0.5).describe("The fraction that is dropped.") },
  takes: "one input",
  mask: "passes",
  build: (context, [input], { rate }) => dropped(context, realNumbers(context, input), rate),
});
