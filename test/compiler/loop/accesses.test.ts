// The check whether two loops may be fused. If a test fails, fusion merges loops although one of them would
// read a value before the other stores it, or after the other overwrites it.
import { expect, it } from "vitest";
import { accessesOf, canInterleave, conflicts } from "../../../src/compiler/loop/accesses.ts";
import { add, integer, number, variable } from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { loop, store } from "../../../src/compiler/loop/statements.ts";
import type { For, Statement } from "../../../src/compiler/loop/types.ts";
import { load } from "../../support/loop-program.ts";

const i = variable("i", "i32");
const overFour = loop("i", 4, "parallel", []) as For;
const at = (shift: number): Expression => add(i, integer(shift));
const makes = (shift: number): Statement => store("t", [at(shift)], number(1, "f64"));
const reads = (shift: number): Statement => store("z", [i], load("t", [at(shift)]));
const mayMerge = (first: Statement, second: Statement) =>
  canInterleave(accessesOf([first]), accessesOf([second]), overFour);

it("loops merge if each iteration reads only what the same iteration stored", () => {
  expect(mayMerge(makes(0), reads(0))).toBe(true);
  expect(mayMerge(makes(2), reads(2))).toBe(true);
  expect(mayMerge(makes(0), reads(1))).toBe(false);
  expect(mayMerge(makes(0), store("z", [i], load("t", [integer(0)])))).toBe(false);
});

it("loops merge if no iteration accesses what another one does", () => {
  expect(mayMerge(makes(0), reads(4))).toBe(true);
  expect(mayMerge(makes(0), reads(3))).toBe(false);
});

it("loops do not merge if the second overwrites what later iterations of the first read or store", () => {
  expect(mayMerge(reads(0), makes(0))).toBe(true);
  expect(mayMerge(reads(1), makes(0))).toBe(false);
  expect(mayMerge(makes(1), makes(0))).toBe(false);
});

it("statements conflict if one stores what the other accesses", () => {
  const other = store("z", [i], load("x", [i]));
  expect(conflicts(accessesOf([makes(0)]), accessesOf([reads(0)]))).toBe(true);
  expect(conflicts(accessesOf([reads(0)]), accessesOf([makes(0)]))).toBe(true);
  expect(conflicts(accessesOf([makes(0)]), accessesOf([makes(1)]))).toBe(true);
  expect(conflicts(accessesOf([makes(0)]), accessesOf([other]))).toBe(false);
});
