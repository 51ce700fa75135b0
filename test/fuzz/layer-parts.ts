/** Parts that the generators of layers share: row shapes, limits, and keys that several layer types have. */
import { activationOf, compact, initialiserOf } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

/** The lengths of a row's axes. */
export type RowShape = readonly number[];

export interface MadeLayer {
  readonly layer: JsonObject;
  readonly shape: RowShape;
}

export type Maker = (random: Random, shape: RowShape) => MadeLayer | undefined;

/** The maximum number of multiplications per row in a layer. It is small, because interpreters are slow. */
export const mostProducts = 6000;

/** The maximum number of values in a row. */
export const mostNumbers = 300;

export const countOf = (shape: RowShape): number => shape.reduce((product, size) => product * size, 1);

export const last = (shape: RowShape): number => shape[shape.length - 1];

export const divisors = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i + 1).filter((d) => count % d === 0);

export const made = (layer: Readonly<Record<string, Json | undefined>>, shape: RowShape, products = 0) =>
  products > mostProducts || countOf(shape) > mostNumbers ? undefined : { layer: compact(layer), shape };

/** Returns the value with this probability, otherwise undefined, which leaves the key at its default. */
export const sometimes = <T>(random: Random, probability: number, value: T): T | undefined =>
  random.chance(probability) ? value : undefined;

export const weightKeys = (random: Random) => ({
  activation: activationOf(random),
  bias: sometimes(random, 0.2, false),
  init: initialiserOf(random),
});

export type Padding = "valid" | "same" | "causal" | number;
