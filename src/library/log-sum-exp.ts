/**
 * The parts that softmax, its logarithm and cross-entropy share, along the last axis. The maximum is taken off so that
 * no exponent is positive; it cancels, hence it is kept out of the derivative.
 *
 *     m = max_j x_j        shifted_j = x_j − m        e_j = exp(shifted_j)        s = Σ_j e_j ≥ 1
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";

export interface ShiftedExponentials {
  readonly shifted: Node;
  readonly exponentials: Node;
  /** Without the last axis. */
  readonly sum: Node;
}

export const lastAxis = (x: Node): number => x.type.shape.length - 1;

/** `x`, which lacks the last axis of `like`, repeated along it. */
export const alongLastAxis = (g: GraphBuilder, x: Node, like: Node): Node =>
  g.repeatAlong(x, [lastAxis(like)], like.type.shape);

export function shiftedExponentials(g: GraphBuilder, x: Node): ShiftedExponentials {
  const axes = [lastAxis(x)];
  const maximum = g.stopGradient(g.part("maximum", g.reduceMax(x, { axes })));
  const shifted = g.part("shifted", g.subtract(x, alongLastAxis(g, maximum, x)));
  const exponentials = g.part("exponentials", g.exp(shifted));
  const sum = g.part("sum_of_exponentials", g.reduceSum(exponentials, { axes }));
  return { shifted, exponentials, sum };
}
