// The order in memory of a contraction whose batch axes precede the rows. If a test fails, the layers after a
// grouped convolution read its result with large strides, or a value is at another index than its readers assume.
import { expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { lowered, runLoops } from "../../support/run-loops.ts";
import { anyStorage, compareStorage } from "../../support/tensors.ts";

const g = createBuilder("f64");
const leaf = (name: string, shape: Shape) => g.input({ name, type: tensorType("f64", shape) });

/** [group, n, position, filter] */
const product = g.contract(leaf("x", ["n", 5, 3, 2]), leaf("w", [2, 3, 4]), {
  batchX: [2],
  batchY: [1],
  sumX: [3],
  sumY: [0],
});
const rowsFirst = g.transpose(product, { permutation: [1, 2, 0, 3] });
const joined = g.tanh(g.reshape(rowsFirst, { shape: ["n", 5, 12] }));

/** Checks the results of the loops, and returns the shapes of the temporaries. */
function shapesOf(outputs: Readonly<Record<string, Node>>): readonly Shape[] {
  const list = Object.entries(outputs).map(([storage, node]) => ({ storage, node }));
  const graph = makeGraph("test", list);
  const values = anyStorage(graph, 2, 5);
  const program = lowered(graph);
  expect(compareStorage(runLoops(program, values, 2), interpret(graph, values, 2)).worst).toBeLessThan(1e-12);
  return [...program.program.buffers.values()].flatMap(({ shape, region }) =>
    region === "temporary" ? [shape] : [],
  );
}

it("a product that its readers transpose is stored in their order", () => {
  expect(shapesOf({ joined })).toEqual([["n", 5, 3, 4]]);
  expect(shapesOf({ joined, sum: g.reduceSum(g.exp(rowsFirst), { axes: [0, 1] }) })).toEqual([
    ["n", 5, 3, 4],
  ]);
});

it("a product with a reader that does not transpose it keeps its order", () => {
  const sums = g.reduceSum(g.multiply(product, product), { axes: [1, 2, 3] });
  expect(shapesOf({ joined, sums })).toEqual([[3, "n", 5, 4]]);
});

it("readers that transpose the product in different ways do not change its order", () => {
  const other = g.sin(g.transpose(product, { permutation: [1, 0, 2, 3] }));
  expect(shapesOf({ joined, other })).toEqual([[3, "n", 5, 4]]);
});

it("an output of the program keeps its order", () => {
  expect(shapesOf({ joined, product })).toEqual([]);
});

it("a product whose rows come first keeps its order", () => {
  const scores = g.contract(leaf("q", ["n", 5, 3, 2]), leaf("k", ["n", 4, 3, 2]), {
    batchX: [0, 2],
    batchY: [0, 2],
    sumX: [3],
    sumY: [3],
  });
  const y = g.tanh(g.transpose(scores, { permutation: [0, 2, 1, 3] }));
  expect(shapesOf({ y })).toEqual([["n", 3, 5, 4]]);
});
