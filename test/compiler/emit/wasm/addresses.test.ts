// The constant offsets of loads and stores. If a test fails, WebAssembly reads a negative address operand as
// an address beyond the memory.
import { expect, it } from "vitest";
import { addressOf } from "../../../../src/compiler/emit/wasm/addresses.ts";
import { add, integer, minus, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";

const i = variable("i", "i32");
const ranges = new Map([["i", { least: 0, most: 9 }]]);
const offsetOf = (at: Expression, base: number): number => addressOf([at], base, ranges, () => "x").offset;

it("an offset contains base and constant if the operand cannot be negative", () => {
  expect(offsetOf(i, 64)).toBe(64);
  expect(offsetOf(add(i, integer(8)), 64)).toBe(72);
  expect(offsetOf(integer(16), 64)).toBe(80);
});

it("an offset is zero if the operand may be negative before base and constant are added", () => {
  expect(offsetOf(minus(integer(4), i), 64)).toBe(0);
  expect(offsetOf(add(minus(integer(4), i), integer(8)), 64)).toBe(0);
  expect(offsetOf(variable("unknown", "i32"), 64)).toBe(0);
});
