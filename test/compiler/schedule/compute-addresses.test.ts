// Addresses of loads in integer arithmetic that becomes simpler while addresses are computed. If a test fails, an
// address is computed from an address instead of an index.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { tensorOf } from "../../../src/compiler/ops/tensor.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { runAsLoops } from "../../support/run-loops.ts";
import { runWasm, wasmOf } from "../../support/run-wasm.ts";

/** y = [i + v ≤ k] · x, where i is an index along an axis of size 1, so that i + v is v. */
function graphOf(float: "f32" | "f64", ofIntegers: Shape) {
  const g = createBuilder(float);
  const shape = [3, 1, 8];
  const x = g.input({ name: "x", type: { element: float, shape } });
  const v = g.input({ name: "v", type: { element: "i32", shape: ofIntegers } });
  const [row, column] = [1, 2].map((axis) => g.iota({ shape, axis }));
  const y = g.select(g.lessEqual(g.add(row, g.broadcastTo(v, shape)), column), x, 0);
  return makeGraph("graph", [{ storage: "y", node: y }]);
}

describe.each(["f32", "f64"] as const)("in %s, an index that is 0 plus a load of integers", (float) => {
  it.each([
    ["of a scalar", [], [3]],
    ["along an axis", [8], [0, 5, 1, 3, 3, 7, 9, 2]],
  ])("%s", async (_, shape, integers) => {
    const graph = graphOf(float, shape);
    const values = new Map([
      ["x", tensorOf([3, 1, 8], ([i, , k]) => 1 + i * 8 + k)],
      ["v", { shape, data: Float64Array.from(integers) }],
    ]);
    const expected = Array.from(interpret(graph, values, 1).get("y")?.data ?? []);
    const loops = runAsLoops(graph, values, 1, { float, batchSize: 1 });
    expect(Array.from(loops.get("y")?.data ?? []), "target ts").toEqual(expected);
    for (const vectors of [false, true]) {
      const program = await wasmOf(graph, { float, batchSize: 1, vectors });
      expect(Array.from(runWasm(program, values, 1, 1).get("y")?.data ?? []), "target wasm").toEqual(
        expected,
      );
    }
  });
});
