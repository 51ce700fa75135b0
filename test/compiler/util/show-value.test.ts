// Values of a spec stand in messages: too long, they hide the message; unescaped, they could write on the
// user's terminal.
import { expect, it } from "vitest";
import { showNames, showValue } from "../../../src/compiler/util/message-text.ts";

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
])("shows %o", (value, expected) => {
  expect(showValue(value)).toBe(expected);
});

it("names are cut and counted, so that no list of them fills a screen", () => {
  expect(showNames(["a", "b\u001b"])).toBe("a, b\\u001b");
  expect(showNames(["x".repeat(100)])).toBe(`${"x".repeat(60)}…`);
  const many = Array.from({ length: 20 }, (_, i) => `n${i}`);
  expect(showNames(many)).toBe(`${many.slice(0, 12).join(", ")}, … (20 in all)`);
});
