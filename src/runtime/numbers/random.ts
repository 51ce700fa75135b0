// Random numbers without hidden state. Each number is a hash of a key and an index, so any element can be
// drawn without the others, and every engine draws the same bits. The initialisers of parameters use these
// numbers.
import type { Numbers } from "../step/machine.ts";
import { log } from "./logarithm.ts";
import { cos } from "./trigonometric.ts";

/**
 * Mixes the bits of a 32-bit integer: a bijection in which each input bit affects every output bit
 * ("lowbias32", C. Wellons, 2018).
 */
export function mixBits(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * Returns the key (int32) of a stream of random numbers. Streams of the same seed and step differ by their
 * `salt`.
 */
export function randomKey(seed: number, step: number, salt: number): number {
  return mixBits(mixBits(mixBits(seed ^ 0x9e3779b9) + step) + salt);
}

/**
 * Returns the bits (int32) at an index of a stream. The index is mixed before the key is added. Otherwise one
 * stream would be a shifted copy of another.
 */
export function randomBits(key: number, index: number): number {
  return mixBits(mixBits(index) + key);
}

/** Returns the uniform number in [0, 1) at an index of a stream. It has 24 bits, so it is exact in f32. */
export function randomUnit(key: number, index: number): number {
  return (randomBits(key, index) >>> 8) / 0x1000000;
}

/** Draws the numbers of a stream one after the other. */
export interface Random {
  /** Draws a uniform number in [0, 1). */
  unit(): number;
  /** Draws an integer in [0, limit). `limit` is at most 2³². */
  below(limit: number): number;
}

/** Returns the stream of this key, from its beginning. */
export function randomStream(key: number): Random {
  let index = 0;
  const unit = () => randomUnit(key, index++);
  return {
    unit,
    below: (limit) => Math.floor(((randomBits(key, index++) >>> 0) / 0x100000000) * limit),
  };
}

/**
 * Draws a normal number with mean 0 and variance 1 by the Box–Muller method: √(−2 ln u) · cos 2πv with
 * uniform u in (0, 1] and v in [0, 1).
 */
export function normalNumber(random: Random): number {
  return Math.sqrt(-2 * log(1 - random.unit())) * cos(2 * Math.PI * random.unit());
}

/**
 * The salts of shuffling and of splits. Other salts in use are the index of a parameter, counted from 0, and −4
 * for sampled texts.
 */
export const shuffleSalt = -1;
export const splitSalt = -3;

/** Shuffles the elements; every order is equally likely (Fisher–Yates). */
export function shuffle(rows: Int32Array, random: Random): void {
  for (let last = rows.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const row = rows[last]!;
    rows[last] = rows[other]!;
    rows[other] = row;
  }
}

/** Fills the view with independent uniform numbers in [low, high). */
export function uniform(view: Numbers, random: Random, low: number, high: number): void {
  for (let i = 0; i < view.length; i++) view[i] = low + (high - low) * random.unit();
}

/** Fills the view with independent normal numbers of this mean and standard deviation. */
export function normal(view: Numbers, random: Random, mean: number, std: number): void {
  for (let i = 0; i < view.length; i++) view[i] = mean + std * normalNumber(random);
}

/** Fills the view with one number. */
export function constant(view: Numbers, value: number): void {
  view.fill(value);
}

/**
 * Fills the view with a random matrix [rows, columns] that has orthonormal columns, or orthonormal rows if
 * there are more columns than rows (Saxe, McClelland and Ganguli 2013). As in PyTorch, the matrix is the
 * factor Q of the QR factorisation of a matrix of normal numbers, where R has a positive diagonal. Q is
 * computed by the Gram–Schmidt process.
 */
export function orthogonal(view: Numbers, random: Random, rows: number, columns: number): void {
  const wide = columns > rows;
  const size = wide ? columns : rows;
  const basis: Float64Array[] = [];
  while (basis.length < (wide ? rows : columns)) {
    const vector = new Float64Array(size).map(() => normalNumber(random));
    // v ← v − (v·b) b for each earlier b. All b are used twice, because the second round removes the rounding
    // errors of the first.
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
