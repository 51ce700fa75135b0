// Tiles of rows in contractions. If a test fails, the last tile runs past the last row, or rows are computed
// twice although that changes the result.
import { expect, it } from "vitest";
import { add, binary, integer, number, rows, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { printStatements } from "../../../../src/compiler/loop/print.ts";
import { assign, define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { For } from "../../../../src/compiler/loop/types.ts";
import { tileContraction } from "../../../../src/compiler/schedule/vectors/tile-contractions.ts";
import type { Vectors } from "../../../../src/compiler/schedule/vectors/vectorise.ts";
import { buffer, load } from "../../../support/loop-program.ts";

const buffers = [buffer("x", ["n", 8], "f32"), buffer("w", [8, 8], "f32"), buffer("y", ["n", 8], "f32")];
const vectors: Vectors = {
  buffers: new Map(buffers.map((each) => [each.name, each])),
  batchSize: 9,
  float: "f32",
  lanes: 4,
  aligned: new Set(),
  fresh: (base) => `${base}'`,
  freshBuffer: (base) => `${base}'`,
};
const [i, j, k] = [variable("i", "i32"), variable("j", "i32"), variable("k", "i32")];
const sum = variable("sum", "f32");

/** y[i, j] = Σ_k x[i, k] · w[k, j] + before, on vectors. */
function tiled(before: Expression): string[] {
  const product = binary("*", load("x", [i, k], "f32"), load("w", [k, j], "f32"));
  const columns = loop("j", 8, "output", [
    define("sum", number(0, "f32"), true),
    loop("k", 8, "reduction", [assign("sum", binary("+", sum, product))]),
    store("y", [i, j], binary("+", sum, before)),
  ]);
  const nest = { ...(loop("i", "n", "output", [columns]) as For), to: rows };
  return printStatements(tileContraction(nest, vectors)?.statements ?? []);
}

it("the last tile ends with the last row", () => {
  const text = tiled(number(1, "f32")).join("\n");
  const [, step] = /for i' in 0 \.\. n step (\d+)/.exec(text) ?? [];
  const [, back] = /minimum\(i', n \D*(\d+)\)/.exec(text) ?? [];
  expect(Number(step)).toBeGreaterThan(1);
  expect(back).toBe(step);
});

it("tiles do not overlap where a row is read and stored again", () => {
  const text = tiled(load("y", [i, j], "f32")).join("\n");
  expect(text).not.toContain("i'");
  expect(text).toContain("y[");
});

it("rows are not interleaved where one reads what the row before it stored", () => {
  const text = tiled(load("y", [add(i, integer(-1)), j], "f32")).join("\n");
  expect(text).not.toMatch(/for i'? in .* step/);
});
