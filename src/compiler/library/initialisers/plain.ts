/** Initialisers that do not look at the fans. Defaults are those of torch.nn.init. */
import * as z from "zod";
import { defineInitialiser } from "../define.ts";

export const uniform = defineInitialiser({
  name: "uniform",
  about: "uniform between two bounds",
  keys: {
    min: z.number().default(0).describe("The lower bound."),
    max: z.number().default(1).describe("The upper bound."),
  },
  reads: "nothing",
  refuse: ({ min, max }) =>
    min > max ? { key: "min", message: `must not be above max, got ${min} and ${max}` } : undefined,
  fill: (_shape, _fans, { min, max }) => ({ kind: "uniform", low: min, high: max }),
});

export const normal = defineInitialiser({
  name: "normal",
  about: "normally distributed",
  keys: {
    mean: z.number().default(0).describe("The mean."),
    std: z.number().nonnegative().default(1).describe("The standard deviation."),
  },
  reads: "nothing",
  fill: (_shape, _fans, { mean, std }) => ({ kind: "normal", mean, std }),
});

export const constant = defineInitialiser({
  name: "constant",
  about: "the same number everywhere",
  keys: { value: z.number().describe("The number.") },
  reads: "nothing",
  fill: (_shape, _fans, { value }) => ({ kind: "constant", value }),
});

export const zeros = defineInitialiser({
  name: "zeros",
  about: "0 everywhere",
  keys: {},
  reads: "nothing",
  fill: () => ({ kind: "constant", value: 0 }),
});

export const ones = defineInitialiser({
  name: "ones",
  about: "1 everywhere",
  keys: {},
  reads: "nothing",
  fill: () => ({ kind: "constant", value: 1 }),
});

/** As a matrix whose columns are the last axis (Saxe, McClelland and Ganguli 2013). */
export const orthogonal = defineInitialiser({
  name: "orthogonal",
  about: "a random matrix of orthonormal columns, or rows if it is wider than high",
  keys: {},
  reads: "nothing",
  fill: (shape) => ({
    kind: "orthogonal",
    rows: shape.slice(0, -1).reduce((product, size) => product * size, 1),
    columns: shape[shape.length - 1],
  }),
});
