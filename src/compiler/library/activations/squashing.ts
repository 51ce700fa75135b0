/**
 * Activations that press the real line into an interval. The hard ones have derivative 0 at their corners, as
 * in PyTorch.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineActivation } from "../define.ts";

/** `inside` where −limit < x < limit, `below` and `above` elsewhere. */
const clamped = (g: GraphBuilder, x: Node, limit: number, below: number, inside: Node, above: number): Node =>
  g.select(
    g.part("is_above", g.less(-limit, x)),
    g.part("clipped_above", g.select(g.part("is_below", g.less(x, limit)), inside, above)),
    below,
  );

export const sigmoid = defineActivation({
  name: "sigmoid",
  about: "y = 1 / (1 + exp(-x))",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => g.sigmoid(x),
});

/**
 * x/6 + 1/2 with the derivative that PyTorch gives it: its backward kernel has 1/6 as a 32-bit number even
 * for doubles, which is 3·10⁻⁸ more. The value is exact all the same. In f32 the two are the same number.
 */
function sixthPlusHalf(g: GraphBuilder, x: Node): Node {
  const exact = g.add(g.divide(x, 6), 0.5);
  if (g.float === "f32") return exact;
  const asInPyTorch = g.multiply(Math.fround(1 / 6), x);
  return g.add(g.stopGradient(exact), g.subtract(asInPyTorch, g.stopGradient(asInPyTorch)));
}

export const hardSigmoid = defineActivation({
  name: "hard-sigmoid",
  about: "y = x/6 + 1/2, held between 0 and 1",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => clamped(g, x, 3, 0, g.part("line", sixthPlusHalf(g, x)), 1),
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
  about: "y = x, held between -1 and 1",
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
