/**
 * Limits on gradients, before weight decay and update.
 *
 *     norm c:   g ← g · min(1, c / (‖g‖ + 10⁻⁶))
 *     value c:  g ← max(−c, min(g, c))
 *
 * The norm is that of all gradients together, as in torch.nn.utils.clip_grad_norm_.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { square } from "./parts.ts";

export type Clip = { readonly norm: number } | { readonly value: number };

/** The flat gradient within the limit. */
export const clipped = (g: GraphBuilder, gradient: Node, clip: Clip): Node =>
  g.within({ composite: "clip" }, () => {
    if ("value" in clip)
      return g.named("clipped_gradients", g.maximum(g.minimum(gradient, clip.value), -clip.value));
    const squares = g.named("sum_of_squares", g.reduceSum(square(g, gradient), { axes: [0] }));
    const norm = g.named("norm", g.sqrt(squares));
    const factor = g.named("clip_factor", g.minimum(g.divide(clip.norm, g.add(norm, 1e-6)), 1));
    return g.named("clipped_gradients", g.multiply(factor, gradient));
  });
