/**
 * Initialisers whose spread keeps the size of activations (LeCun, He: fan-in) or of activations and gradients together
 * (Xavier: both fans) from layer to layer. Each has a variance; the uniform form is U(−√(3·variance), √(3·variance)).
 *
 *     LeCun    1/fanIn               LeCun et al. 1998
 *     Xavier   2/(fanIn + fanOut)    Glorot and Bengio 2010
 *     He       2/fanIn               He et al. 2015
 */
import { defineInitialiser } from "../define.ts";
import type { Fans, Fill } from "../define.ts";

const uniformOf = (variance: number): Fill => {
  const limit = Math.sqrt(3 * variance);
  return { kind: "uniform", low: -limit, high: limit };
};

const normalOf = (variance: number): Fill => ({ kind: "normal", mean: 0, std: Math.sqrt(variance) });

const lecun = (fans: Fans): number => 1 / fans.in;
const xavier = (fans: Fans): number => 2 / (fans.in + fans.out);
const he = (fans: Fans): number => 2 / fans.in;

export const lecunUniform = defineInitialiser({
  name: "lecun-uniform",
  about: "uniform, of variance 1/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => uniformOf(lecun(fans)),
});

export const lecunNormal = defineInitialiser({
  name: "lecun-normal",
  about: "normal, of variance 1/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => normalOf(lecun(fans)),
});

export const xavierUniform = defineInitialiser({
  name: "xavier-uniform",
  about: "uniform, of variance 2/(fanIn + fanOut)",
  keys: {},
  reads: "both fans",
  fill: (_, fans) => uniformOf(xavier(fans)),
});

export const xavierNormal = defineInitialiser({
  name: "xavier-normal",
  about: "normal, of variance 2/(fanIn + fanOut)",
  keys: {},
  reads: "both fans",
  fill: (_, fans) => normalOf(xavier(fans)),
});

export const heUniform = defineInitialiser({
  name: "he-uniform",
  about: "uniform, of variance 2/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => uniformOf(he(fans)),
});

export const heNormal = defineInitialiser({
  name: "he-normal",
  about: "normal, of variance 2/fanIn",
  keys: {},
  reads: "fan-in",
  fill: (_, fans) => normalOf(he(fans)),
});
