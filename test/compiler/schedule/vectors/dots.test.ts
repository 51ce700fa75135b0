// Sums in which each lane adds some of the terms. If a test fails, a sum reads a vector where it needs one
// number.
import { expect, it } from "vitest";
import { binary, number, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { For } from "../../../../src/compiler/loop/types.ts";
import { dotProducts } from "../../../../src/compiler/schedule/vectors/dots.ts";
import type { Vectors } from "../../../../src/compiler/schedule/vectors/vectorise.ts";
import { buffer, load } from "../../../support/loop-program.ts";

const buffers = [
  buffer("x", [8], "f32"),
  buffer("w", [4, 8], "f32"),
  buffer("b", [4], "f32"),
  buffer("y", [4], "f32"),
];
const vectors: Vectors = {
  buffers: new Map(buffers.map((each) => [each.name, each])),
  batchSize: 4,
  float: "f32",
  lanes: 4,
  aligned: new Set(),
  fresh: (base) => `${base}'`,
  freshBuffer: (base) => `${base}'`,
};
const [v, k] = [variable("v", "i32"), variable("k", "i32")];
const [scale, sum] = [variable("scale", "f32"), variable("sum", "f32")];
const product = binary("*", load("x", [k], "f32"), load("w", [v, k], "f32"));

/** For each column: scale = b[v] ; sum = Σ_k term ; y[v] = result. */
const hasForm = (term: Expression, result: Expression): boolean => {
  const body = [
    define("scale", load("b", [v], "f32")),
    define("sum", number(0, "f32"), true),
    loop("k", 8, "reduction", [assign("sum", binary("+", sum, term))]),
    store("y", [v], result),
  ];
  return dotProducts(loop("v", 4, "output", body) as For, vectors)(1, undefined) !== undefined;
};

it("a value of a column may be read after its sum, but not inside it", () => {
  expect(hasForm(product, binary("*", sum, scale))).toBe(true);
  expect(hasForm(binary("*", product, scale), sum)).toBe(false);
});
