// Texts that are sampled from a model. A model with known probabilities replaces the network. If a test
// fails, samples do not follow the model's distribution, or depend on the batch size, or the same seed gives
// different samples.
import { expect, test } from "vitest";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import { writeTexts } from "../../../src/runtime/program/text-writer.ts";
import type { Drawing } from "../../../src/runtime/program/text-writer.ts";
import { model as lineModel } from "../linear-machine.ts";

const length = 6;
const characters = ["a", "b", "c"];
const modelOf = (batchSize: number): ModelFacts => ({
  ...lineModel,
  batchSize,
  inputs: { text: { shape: [length], dtype: "i32" } },
});

/** A model whose logits depend on the previous character and the position. */
const trainerOf = (follows: (before: number, place: number) => number[]) => ({
  predict({ text }: Record<string, ArrayLike<number>>) {
    return Float32Array.from(Array.from(text).flatMap((before, i) => follows(before, i % length)));
  },
});
const write = (
  follows: (before: number, place: number) => number[],
  drawing: Partial<Drawing> = {},
  batchSize = 8,
) =>
  writeTexts(trainerOf(follows), modelOf(batchSize), "text", characters, {
    count: 1,
    temperature: 1,
    seed: 3,
    ...drawing,
  });

const never = -1e4;
const odds = [0.1, 0.2, 0.3, 0.4].map(Math.log);

test("at temperature 0 the most likely character follows each time, up to the end mark", () => {
  // The most likely successors are: mark → b → a → c → mark.
  const next = [2, 3, 1, 0];
  const follows = (before: number) => next.map((_, i) => (i === next[before] ? 0.1 : 0));
  expect(write(follows, { temperature: 0, count: 2 })).toEqual(["bac", "bac"]);
});

test("a text has at most as many characters as fit after the start mark, and is never empty", () => {
  expect(write(() => [never, 0, never, never])).toEqual(["aaaaa"]);
  expect(write(() => [0, never, never, -9], { temperature: 0 })).toEqual(["c"]);
  expect(write(() => [0, never, never, -9])).toEqual(["c"]);
});

test("texts depend on the seed, not on the batch size; fewer texts are the first of more", () => {
  const texts = write(() => odds, { count: 20 });
  expect(write(() => odds, { count: 20 })).toEqual(texts);
  expect(write(() => odds, { count: 20 }, 3)).toEqual(texts);
  expect(write(() => odds, { count: 7 })).toEqual(texts.slice(0, 7));
  expect(new Set(texts).size).toBeGreaterThan(10);
  expect(write(() => odds, { count: 20, seed: 4 })).not.toEqual(texts);
  expect(write(() => odds, { count: 0 })).toEqual([]);
});

test.each([1, 0.5, 2])(
  "at temperature %d the frequencies of characters are softmax(logits / temperature)",
  (temperature) => {
    const texts = write(() => odds, { count: 3000, temperature }, 500);
    // The second character of all texts, which may be the end mark.
    const counts = ["", "a", "b", "c"].map(
      (wanted) => texts.filter((text) => (text[1] ?? "") === wanted).length,
    );
    const weights = [0.1, 0.2, 0.3, 0.4].map((odd) => odd ** (1 / temperature));
    const sum = weights.reduce((all, weight) => all + weight);
    counts.forEach((count, i) => {
      const share = weights[i] / sum;
      const deviation = Math.sqrt((share * (1 - share)) / texts.length);
      expect(Math.abs(count / texts.length - share)).toBeLessThan(4 * deviation);
    });
  },
);
