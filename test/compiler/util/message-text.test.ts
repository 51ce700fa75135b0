// Values of a spec in messages. If a test fails, a long value hides the message, or an unescaped value can
// control the terminal.
import { expect, it } from "vitest";
import { didYouMean, showNames, showValue } from "../../../src/compiler/util/message-text.ts";

it.each([
  [undefined, "nothing"],
  [null, "null"],
  [-3, "-3"],
  [NaN, "NaN"],
  [12n, "12n"],
  ["relu", '"relu"'],
  ["a\u001b[31m\u202eb", '"a\\u001b[31m\\u202eb"'],
  ["x".repeat(100), `"${"x".repeat(60)}"… (100 characters)`],
  [[], "an empty list"],
  [[1, "a"], '[1, "a"]'],
  [[[1]], "a list of 1"],
  [Array.from({ length: 9 }, () => 1), "a list of 9"],
  [{}, "an empty object"],
  [{ type: "dense", units: 1, bias: 1, init: 1 }, "an object with type, units, bias, …"],
  [() => 1, "a function"],
])("shows %o in a message", (value, expected) => {
  expect(showValue(value)).toBe(expected);
});

it("names are truncated and counted, so that no list of names fills a screen", () => {
  expect(showNames(["a", "b\u001b"])).toBe("a, b\\u001b");
  expect(showNames(["x".repeat(100)])).toBe(`${"x".repeat(60)}…`);
  const many = Array.from({ length: 20 }, (_, i) => `n${i}`);
  expect(showNames(many)).toBe(`${many.slice(0, 12).join(", ")}, … (20 in all)`);
});

// Suggestions of similar names. A suggestion that is not similar, or a missing one where one letter differs,
// makes every error message worse.

it.each([
  ["unit", ["units", "bias"], "units"],
  ["frist", ["x", "first"], "first"],
  ["crossEntropy", ["mse", "cross-entropy"], "cross-entropy"],
  ["RELU", ["relu", "elu"], "relu"],
  ["tahn", ["linear", "tanh"], "tanh"],
  ["mes", ["mae", "mse"], "mse"],
])("suggests the similar name: %s", (word, candidates, expected) => {
  expect(didYouMean(word, candidates)).toBe(expected);
});

it("suggests nothing without a similar name, and does not compare texts that are too long for a name", () => {
  for (const word of ["banana", "", "u".repeat(10_000_000)])
    expect(didYouMean(word, ["units", "bias"])).toBeUndefined();
});
