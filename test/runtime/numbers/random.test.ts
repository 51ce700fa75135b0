// Random numbers, on which shuffling, initial parameters and dropout depend. If a test fails, they are not
// uniform, not reproducible, or not independent between keys.
import { expect, test } from "vitest";
import {
  mixBits,
  normalNumber,
  randomKey,
  randomStream,
  randomUnit,
  shuffleSalt,
  shuffle,
} from "../../../src/runtime/numbers/random.ts";
import { allRows } from "../../../src/runtime/step/session.ts";

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const many = Array.from({ length: 100_000 }, (_, i) => i);

test("the hash is the published one; another constant would change every trained model", () => {
  // lowbias32(1) and lowbias32(2), unsigned, computed with 64-bit integers below.
  const reference = (value: bigint) => {
    const mask = 0xffffffffn;
    let x = value;
    x = ((x ^ (x >> 16n)) * 0x7feb352dn) & mask;
    x = ((x ^ (x >> 15n)) * 0x846ca68bn) & mask;
    return Number(x ^ (x >> 16n));
  };
  for (const x of [0, 1, 2, 0x7fffffff, 0xdeadbeef]) expect(mixBits(x) >>> 0).toBe(reference(BigInt(x)));
});

test("numbers are in [0, 1), exact in f32, and have the moments of a uniform distribution", () => {
  const key = randomKey(7, 3, 1);
  const units = many.map((i) => randomUnit(key, i));
  expect(units.every((u) => u >= 0 && u < 1 && Math.fround(u) === u)).toBe(true);
  expect(mean(units)).toBeCloseTo(1 / 2, 2);
  // Four standard errors of the variance of 100,000 numbers.
  expect(Math.abs(mean(units.map((u) => (u - 0.5) ** 2)) - 1 / 12)).toBeLessThan(0.001);
  // Neighbours are uncorrelated, both within a key and between the keys of two steps.
  expect(mean(units.map((u, i) => (u - 0.5) * (randomUnit(key, i + 1) - 0.5)))).toBeCloseTo(0, 2);
  const next = randomKey(7, 4, 1);
  expect(mean(units.map((u, i) => (u - 0.5) * (randomUnit(next, i) - 0.5)))).toBeCloseTo(0, 2);
});

test("seed, step and salt each change the key", () => {
  const keys = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [-1, 0, 1].map((c) => randomKey(a, b, c))));
  expect(new Set(keys).size).toBe(27);
  expect(keys.every(Number.isInteger)).toBe(true);
});

test("normal numbers have mean 0, variance 1 and tails", () => {
  const random = randomStream(1);
  const values = many.map(() => normalNumber(random));
  expect(mean(values)).toBeCloseTo(0, 1);
  expect(mean(values.map((v) => v * v))).toBeCloseTo(1, 1);
  expect(mean(values.map((v) => v ** 4))).toBeCloseTo(3, 0);
  expect(values.every(Number.isFinite)).toBe(true);
});

test("below() returns each integer below the bound with equal probability, and no other", () => {
  const random = randomStream(2);
  const counts = new Map<number, number>();
  for (const _ of many) {
    const value = random.below(10);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("a shuffle is a permutation, and each row may be first", () => {
  const firsts = new Set<number>();
  for (let epoch = 0; epoch < 200; epoch++) {
    const rows = allRows(10);
    shuffle(rows, randomStream(randomKey(7, epoch, shuffleSalt)));
    expect([...rows].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    firsts.add(rows[0]);
  }
  expect(firsts.size).toBe(10);
});
