/**
 * softplus(x) = log(1 + eˣ), which the activations and several losses are made of.
 *
 * With m = max(x, 0), a shift that cancels and hence is taken out of the derivative:
 *
 *     softplus(x) = m + log(e^(−m) + e^(x − m)) = m + log1p(e^(x − m) + expm1(−m))
 *
 * No exponent is positive, so nothing overflows; for x < 0 it is log1p(eˣ), to full precision; and the derivative is
 * e^(x − m) / (e^(−m) + e^(x − m)) = σ(x) everywhere, at 0 too, where a form with |x| has a kink.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";

export function softplus(g: GraphBuilder, x: Node): Node {
  const shift = g.stopGradient(g.part("shift", g.relu(x)));
  const exponential = g.part("shifted_exponential", g.exp(g.subtract(x, shift)));
  const excess = g.part("softplus_excess", g.add(exponential, g.expm1(g.negate(shift))));
  return g.add(shift, g.log1p(excess));
}
