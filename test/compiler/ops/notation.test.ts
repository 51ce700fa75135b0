// Nodes in mathematical notation. If a test fails, a formula is ambiguous, or differs from the computation.
import { describe, expect, it } from "vitest";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import type { Dimension } from "../../../src/compiler/ir/types.ts";
import { formulaOf } from "../../../src/compiler/notation/text.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";

const g = createBuilder("f64");
const leaf = (name: string, ...shape: Dimension[]): Node => g.input({ name, type: tensorType("f64", shape) });
const text = (node: Node): string =>
  formulaOf(node, (each) => (each.op === "input" ? each.attributes.name : undefined));
const none = { batchX: [], batchY: [] };
const [x, y, s] = [leaf("x", "n", 4), leaf("y", "n", 4), leaf("s")];
const w = leaf("w", 4, 5);
const image = leaf("image", "n", 6, 6, 2);

describe("products", () => {
  it.each([
    ["x · w", g.contract(x, w, { ...none, sumX: [1], sumY: [0] })],
    ["xᵀ · y", g.contract(x, y, { ...none, sumX: [0], sumY: [0] })],
    ["x · yᵀ", g.contract(x, y, { ...none, sumX: [1], sumY: [1] })],
    // Batches of matrices, and several axes treated as one.
    [
      "image · other",
      g.contract(image, leaf("other", "n", 2, 3), { batchX: [0], batchY: [0], sumX: [3], sumY: [1] }),
    ],
    ["imageᵀ · image", g.contract(image, image, { ...none, sumX: [0, 1, 2], sumY: [0, 1, 2] })],
    ["Σ_j x ⊙ y", g.contract(x, y, { batchX: [0], batchY: [0], sumX: [1], sumY: [1] })],
    // The summed axis is neither first nor last, so this is not a product of matrices.
    ["Σ_k image ⊙ a", g.contract(image, leaf("a", 6), { ...none, sumX: [1], sumY: [0] })],
    // The transpose becomes part of the product.
    ["xᵀ · y", g.contract(g.transpose(x, { permutation: [1, 0] }), y, { ...none, sumX: [1], sumY: [0] })],
    ["x ⊙ y", g.multiply(x, y)],
    ["s · x", g.multiply(s, x)],
    ["2 · x", g.multiply(x, 2)],
    ["x²", g.multiply(x, x)],
    ["(x + y)²", ((sum) => g.multiply(sum, sum))(g.add(x, y))],
    ["(x ⊙ y) · w", g.contract(g.multiply(x, y), w, { ...none, sumX: [1], sumY: [0] })],
    [
      "(x · w) ⊙ (1 − b)",
      g.multiply(g.contract(x, w, { ...none, sumX: [1], sumY: [0] }), g.subtract(1, leaf("b", "n", 5))),
    ],
  ])("%s", (expected, node) => expect(text(node)).toBe(expected));
});

describe("conditions", () => {
  it.each([
    ["[x > 0] ⊙ y", g.select(g.less(0, x), y, 0)],
    ["[x ≤ 0] ⊙ y", g.select(g.less(0, x), 0, y)],
    ["(1 − [x = 0]) ⊙ y", g.select(g.equal(x, 0), 0, y)],
    ["[x > 0]", g.select(g.less(0, x), g.broadcastTo(g.number(1), ["n", 4]), 0)],
    ["s · [x > 0]", g.select(g.less(0, x), s, 0)],
    ["y if x > 0 else 0.1 · y", g.select(g.less(0, x), y, g.multiply(0.1, y))],
    [
      "Σ_j [j = x] ⊙ y",
      g.reduceSum(
        g.select(g.equal(g.cast(g.iota({ shape: ["n", 4], axis: 1 }), { element: "f64" }), x), y, 0),
        { axes: [1] },
      ),
    ],
  ])("%s", (expected, node) => expect(text(node)).toBe(expected));
});

describe("functions and sums", () => {
  it.each([
    ["Σ_i x", g.reduceSum(x, { axes: [0] })],
    ["max_j(x)", g.reduceMax(x, { axes: [1] })],
    ["Σ_k,l image", g.reduceSum(image, { axes: [1, 2] })],
    ["2 · (exp(x) − 1)", g.multiply(2, g.expm1(x))],
    ["ln(1 + x)", g.log1p(x)],
    ["[x > −3]", g.less(-3, x)],
  ])("%s", (expected, node) => expect(text(node)).toBe(expected));
});
