// Random numbers without hidden state: each number is a hash of (key, index). Any element can be drawn by
// itself, and every engine draws the same bits. Initialisers of parameters follow.
import type { Numbers } from "../step/machine.ts";
import { log } from "./logarithm.ts";
import { cos } from "./trigonometric.ts";

/**
 * A bijection of 32-bit integers in which each input bit affects every output bit ("lowbias32", C. Wellons,
 * 2018).
 */
export function mixBits(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** The key (int32) of a stream of random numbers. `salt` separates the streams of the same step and seed. */
export function randomKey(seed: number, step: number, salt: number): number {
  return mixBits(mixBits(mixBits(seed ^ 0x9e3779b9) + step) + salt);
}

/**
 * The bits (int32) at an index of a stream. The index is mixed before the key is added, so streams are not
 * shifts of each other.
 */
export function randomBits(key: number, index: number): number {
  return mixBits(mixBits(index) + key);
}

/** The uniform number in [0, 1) at an index of a stream: 24 bits, exact in f32. */
export function randomUnit(key: number, index: number): number {
  return (randomBits(key, index) >>> 8) / 0x1000000;
}

/** Draws the numbers of a stream in order. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** An integer in [0, limit), limit ≤ 2³². */
  below(limit: number): number;
}

/** The stream of this key, from its beginning. */
export function randomStream(key: number): Random {
  let index = 0;
  const unit = () => randomUnit(key, index++);
  return {
    unit,
    below: (limit) => Math.floor(((randomBits(key, index++) >>> 0) / 0x100000000) * limit),
  };
}

/**
 * A normal number of mean 0 and variance 1 by Box–Muller: √(−2 ln u) · cos 2πv for uniform u in (0, 1] and v
 * in [0, 1).
 */
export function normalNumber(random: Random): number {
  return Math.sqrt(-2 * log(1 - random.unit())) * cos(2 * Math.PI * random.unit());
}

/** Salts of keys. The salt of a parameter is its number, from 0; the salt of sampled texts is −4. */
export const salts = { shuffle: -1, split: -3 };

/** Shuffles the elements; every order is equally likely (Fisher–Yates). */
export function shuffle(rows: Int32Array, random: Random): void {
  for (let last = rows.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const row = rows[last]!;
    rows[last] = rows[other]!;
    rows[other] = row;
  }
}

/** Fills with independent uniform numbers in [low, high). */
export function uniform(view: Numbers, random: Random, low: number, high: number): void {
  for (let i = 0; i < view.length; i++) view[i] = low + (high - low) * random.unit();
}

/** Fills with independent normal numbers. */
export function normal(view: Numbers, random: Random, mean: number, std: number): void {
  for (let i = 0; i < view.length; i++) view[i] = mean + std * normalNumber(random);
}

/** Fills with one number. */
export function constant(view: Numbers, value: number): void {
  view.fill(value);
}

/**
 * Fills with a random matrix [rows, columns] that has orthonormal columns, or orthonormal rows if it has more
 * columns than rows. It is the Q of the QR factorisation of a normal matrix, where R has a positive diagonal,
 * as in PyTorch (Saxe, McClelland and Ganguli 2013), computed by Gram–Schmidt.
 */
export function orthogonal(view: Numbers, random: Random, rows: number, columns: number): void {
  const wide = columns > rows;
  const size = wide ? columns : rows;
  const basis: Float64Array[] = [];
  while (basis.length < (wide ? rows : columns)) {
    const vector = new Float64Array(size).map(() => normalNumber(random));
    // v ← v − (v·b) b for each earlier b, twice: the second round removes the rounding errors of the first.
    for (const earlier of [...basis, ...basis]) {
      const along = dot(vector, earlier);
      for (let i = 0; i < size; i++) vector[i]! -= along * earlier[i]!;
    }
    const length = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / length));
  }
  basis.forEach((vector, v) =>
    vector.forEach((value, i) => {
      view[wide ? v * columns + i : i * columns + v] = value;
    }),
  );
}

/** Σ aᵢ bᵢ */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
