// The choice of the statements that have a vector form. If a test fails, a vector load reads an element that
// only the taken branch may read.
import { expect, it } from "vitest";
import { less, number, select, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { store } from "../../../../src/compiler/loop/statements.ts";
import { vectorise } from "../../../../src/compiler/schedule/vectors/vectorise.ts";
import type { Vectors } from "../../../../src/compiler/schedule/vectors/vectorise.ts";
import { buffer, load } from "../../../support/loop-program.ts";

const buffers = [buffer("x", [8], "f32"), buffer("y", [8], "f32"), buffer("u", [8], "i32")];
const vectors: Vectors = {
  buffers: new Map(buffers.map((each) => [each.name, each])),
  batchSize: 4,
  float: "f32",
  lanes: 4,
  aligned: new Set(),
  fresh: (base) => `${base}'`,
  freshBuffer: (base) => `${base}'`,
};
const v = variable("v", "i32");
const zero = number(0, "f32");
const isNegative = less(load("x", [v], "f32"), zero);
const hasForm = (value: Expression) => vectorise([store("y", [v], value)], "v", vectors) !== undefined;
const lookedUp = load("x", [load("u", [v], "i32")], "f32");

it("a branch that reads at an index from memory is not vectorised", () => {
  expect(hasForm(select(isNegative, zero, lookedUp))).toBe(false);
  expect(hasForm(select(isNegative, lookedUp, zero))).toBe(false);
  expect(hasForm(select(isNegative, load("x", [v], "f32"), zero))).toBe(true);
});

it("a lookup without a branch is one load per lane", () => {
  expect(hasForm(lookedUp)).toBe(true);
});
