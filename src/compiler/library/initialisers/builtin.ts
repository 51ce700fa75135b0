/** The built-in initialisers: first those that ignore the fans of a layer, then those that use them. */
import * as z from "zod";
import { defineInitialiser } from "../define.ts";
import type { Fans, Fill, Fraction } from "../define.ts";

// Initialisers that ignore the fans. Defaults are those of torch.nn.init.

export const uniform = defineInitialiser({
  name: "uniform",
  about: "uniform between two bounds",
  keys: {
    min: z.number().default(0).describe("The lower bound."),
    max: z.number().default(1).describe("The upper bound."),
  },
  reads: "nothing",
  refuse: ({ min, max }) =>
    min > max ? { key: "min", message: `must not be greater than max, got ${min} and ${max}` } : undefined,
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

/**
 * The parameter is treated as a matrix whose last axis is that of the columns (Saxe, McClelland and Ganguli
 * 2013).
 */
export const orthogonal = defineInitialiser({
  name: "orthogonal",
  about: "a random matrix with orthonormal columns, or orthonormal rows if it has more columns than rows",
  keys: {},
  reads: "nothing",
  fill: (shape) => ({
    kind: "orthogonal",
    rows: shape.slice(0, -1).reduce((product, size) => product * size, 1),
    columns: shape[shape.length - 1],
  }),
});

// Initialisers that keep a variance constant from layer to layer: LeCun and He, by fan-in, keep that of the
// activations; Xavier, by both fans, is a compromise between activations and gradients. The table lists the
// variances; the uniform form is U(−√(3·variance), √(3·variance)).
//
//     LeCun    1/fanIn               LeCun et al. 1998
//     Xavier   2/(fanIn + fanOut)    Glorot and Bengio 2010
//     He       2/fanIn               He et al. 2015

const uniformOf = ([a, b]: Fraction): Fill => {
  const limit = Math.sqrt(3 * (a / b));
  return { kind: "uniform", low: -limit, high: limit, square: [3 * a, b] };
};

const normalOf = ([a, b]: Fraction): Fill => ({
  kind: "normal",
  mean: 0,
  std: Math.sqrt(a / b),
  square: [a, b],
});

const lecun = (fans: Fans): Fraction => [1, fans.in];
const xavier = (fans: Fans): Fraction => [2, fans.in + fans.out];
const he = (fans: Fans): Fraction => [2, fans.in];

export const lecunUniform = defineInitialiser({
  name: "lecun-uniform",
  about: "uniform, with variance 1/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => uniformOf(lecun(fans)),
});

export const lecunNormal = defineInitialiser({
  name: "lecun-normal",
  about: "normal, with variance 1/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => normalOf(lecun(fans)),
});

export const xavierUniform = defineInitialiser({
  name: "xavier-uniform",
  about: "uniform, with variance 2/(fanIn + fanOut)",
  keys: {},
  reads: "both fans",
  fill: (_, fans) => uniformOf(xavier(fans)),
});

export const xavierNormal = defineInitialiser({
  name: "xavier-normal",
  about: "normal, with variance 2/(fanIn + fanOut)",
  keys: {},
  reads: "both fans",
  fill: (_, fans) => normalOf(xavier(fans)),
});

export const heUniform = defineInitialiser({
  name: "he-uniform",
  about: "uniform, with variance 2/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => uniformOf(he(fans)),
});

export const heNormal = defineInitialiser({
  name: "he-normal",
  about: "normal, with variance 2/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => normalOf(he(fans)),
});
