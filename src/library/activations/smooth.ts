/** Smooth relatives of relu: x times a gate between 0 and 1, and softplus. */
import { z } from "zod";
import { defineActivation } from "../define.ts";
import { softplus as softplusOf } from "../softplus.ts";

/** Hendrycks and Gimpel 2016. Φ is the normal distribution function: Φ(x) = (1 + erf(x/√2)) / 2. */
export const gelu = defineActivation({
  name: "gelu",
  about: "y = x · Φ(x), Φ the normal distribution function",
  keys: {
    approximate: z
      .enum(["none", "tanh"])
      .default("none")
      .describe("tanh: Φ(x) as (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2."),
  },
  family: "he",
  acts: "on elements",
  build: (g, x, { approximate }) => {
    const cubic = () => g.add(x, g.multiply(0.044715, g.multiply(x, g.part("square", g.multiply(x, x)))));
    const odd =
      approximate === "tanh"
        ? g.part("tanh", g.tanh(g.multiply(Math.sqrt(2 / Math.PI), cubic())))
        : g.part("erf", g.erf(g.multiply(Math.SQRT1_2, x)));
    return g.multiply(g.multiply(0.5, x), g.part("twice_phi", g.add(1, odd)));
  },
});

export const silu = defineActivation({
  name: "silu",
  about: "y = x · sigmoid(x)",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => g.multiply(x, g.part("gate", g.sigmoid(x))),
});

export const mish = defineActivation({
  name: "mish",
  about: "y = x · tanh(softplus(x))",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => g.multiply(x, g.part("gate", g.tanh(softplusOf(g, x)))),
});

export const softplus = defineActivation({
  name: "softplus",
  about: "y = log(1 + exp(x))",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => softplusOf(g, x),
});
