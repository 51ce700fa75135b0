// A suggestion that is far from what was written, or none where one letter is wrong, makes every error message worse.
import { expect, it } from "vitest";
import { didYouMean } from "../../../src/compiler/util/message-text.ts";

it.each([
  ["unit", ["units", "bias"], "units"],
  ["frist", ["x", "first"], "first"],
  ["crossEntropy", ["mse", "cross-entropy"], "cross-entropy"],
  ["RELU", ["relu", "elu"], "relu"],
])("suggests the near name: %s", (word, candidates, expected) => {
  expect(didYouMean(word, candidates)).toBe(expected);
});

it("suggests nothing for what is near nothing, and does not compare what is no name", () => {
  for (const word of ["banana", "", "u".repeat(10_000_000)])
    expect(didYouMean(word, ["units", "bias"])).toBeUndefined();
});
