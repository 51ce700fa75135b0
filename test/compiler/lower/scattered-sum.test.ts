// Products that are only added to another value, and are therefore not materialised. If a test fails, they
// are added to the wrong element, or another node reads a value that is never stored.
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

/** Shape [n, i, j, p, q, c]: the contribution of each element of an image to its windows. */
const product = g.contract(leaf("x", ["n", 2, 2, 3]), leaf("w", [2, 3, 3, 4]), {
  batchX: [],
  batchY: [],
  sumX: [3],
  sumY: [2],
});
const image = g.fold(g.transpose(product, { permutation: [0, 1, 2, 5, 3, 4] }), {
  axes: [1, 2],
  size: [2, 3],
  stride: [1, 1],
  dilation: [1, 1],
  shape: ["n", 3, 4, 4],
});

function expectRight(outputs: Readonly<Record<string, Node>>): readonly string[] {
  const list = Object.entries(outputs).map(([storage, node]) => ({ storage, node }));
  const graph = makeGraph("test", list);
  const values = anyStorage(graph, 2, 5);
  const program = lowered(graph);
  expect(compareStorage(runLoops(program, values, 2), interpret(graph, values, 2)).worst).toBeLessThan(1e-12);
  return [...program.program.buffers.values()].flatMap(({ name, region }) =>
    region === "temporary" ? [name] : [],
  );
}

it("each element is added to the correct element, whatever the order of the product's axes", () => {
  expect(expectRight({ image })).toEqual([]);
});

it("a product with another reader is materialised", () => {
  // The product may be computed before or after the sum.
  expect(expectRight({ image, other: g.exp(product) })).toHaveLength(1);
  expect(expectRight({ other: g.exp(product), image })).toHaveLength(1);
});
