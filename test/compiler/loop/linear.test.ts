// Linear forms of indices, and ranges of integers. If a test fails, lanes of a vector are read from wrong
// addresses, or a loop that may run zero times is assumed to run.
import { expect, it } from "vitest";
import {
  add,
  call,
  integer,
  minus,
  multiply,
  quotient,
  remainder,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { rangeOf } from "../../../src/compiler/loop/intervals.ts";
import { factorInLanes, linearOf } from "../../../src/compiler/loop/linear.ts";

const [v, w] = [variable("v", "i32"), variable("w", "i32")];
const inFour = (x: Expression, aligned: readonly string[] = []) =>
  factorInLanes(linearOf(x), "v", 4, new Set(aligned));

it("four lanes of a quotient or remainder are one run only if the divisor is a multiple of four", () => {
  expect(inFour(quotient(v, 8))).toBe(0);
  expect(inFour(remainder(v, 8))).toBe(1);
  expect(inFour(quotient(v, 6))).toBeUndefined();
  expect(inFour(remainder(v, 6))).toBeUndefined();
});

it("four lanes are one run only if they start at a multiple of four", () => {
  expect(inFour(remainder(add(v, integer(4)), 8))).toBe(1);
  expect(inFour(remainder(add(v, integer(2)), 8))).toBeUndefined();
  expect(inFour(remainder(add(v, w), 8))).toBeUndefined();
  expect(inFour(remainder(add(v, w), 8), ["w"])).toBe(1);
  expect(inFour(remainder(add(v, multiply(w, integer(4))), 8))).toBe(1);
});

it("quotient and remainder of one index combine to the index only if their strides match", () => {
  const { terms } = linearOf(add(multiply(quotient(v, 4), integer(4)), remainder(v, 4)));
  expect(terms).toEqual([{ part: v, factor: 1 }]);
  expect(linearOf(add(quotient(v, 4), remainder(v, 4))).terms).toHaveLength(2);
});

it("quotients and remainders along three axes combine, as where a value [a, b, c] is read as one axis", () => {
  const inside = multiply(remainder(quotient(v, 4), 3), integer(4));
  const position = (outer: number) =>
    linearOf(add(add(multiply(quotient(v, outer), integer(12)), inside), remainder(v, 4)));
  expect(position(12).terms).toEqual([{ part: v, factor: 1 }]);
  // ⌊v / 24⌋ · 12 + (⌊v / 4⌋ mod 3) · 4 is not ⌊v / 4⌋ · 4.
  expect(position(24).terms).toHaveLength(3);
});

it("ranges contain every value that an integer can take", () => {
  const ranges = new Map([
    ["v", { least: 0, most: 3 }],
    ["w", { least: 1, most: 2 }],
  ]);
  const range = (x: Expression) => {
    const { least, most } = rangeOf(x, ranges);
    return [least, most];
  };
  expect(range(add(v, w))).toEqual([1, 5]);
  expect(range(minus(v, w))).toEqual([-2, 2]);
  expect(range(multiply(minus(v, w), integer(-3)))).toEqual([-6, 6]);
  expect(range(quotient(v, 2))).toEqual([0, 1]);
  expect(range(remainder(v, 8))).toEqual([0, 3]);
  expect(range(call("minimum", [v, w], "i32"))).toEqual([0, 2]);
  expect(range(call("maximum", [v, w], "i32"))).toEqual([1, 3]);
});
