/** Smooth relatives of relu: x times a gate between 0 and 1, and softplus. */
import * as z from "zod";
import * as compositions from "../compositions.ts";
import { defineActivation } from "../define.ts";

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
  build: (g, x, { approximate }) =>
    approximate === "tanh" ? compositions.geluTanh(g, x) : compositions.gelu(g, x),
});

export const silu = defineActivation({
  name: "silu",
  about: "y = x · sigmoid(x)",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => compositions.silu(g, x),
});

export const mish = defineActivation({
  name: "mish",
  about: "y = x · tanh(softplus(x))",
  keys: {},
  family: "he",
  acts: "on elements",
  build: (g, x) => g.multiply(x, g.part("gate", g.tanh(compositions.softplus(g, x)))),
});

export const softplus = defineActivation({
  name: "softplus",
  about: "y = log(1 + exp(x))",
  keys: {},
  family: "xavier",
  acts: "on elements",
  build: (g, x) => compositions.softplus(g, x),
});
