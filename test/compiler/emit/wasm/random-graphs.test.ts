// Random graphs as scalar WebAssembly, compared with the interpreter of graphs. If a test fails, an
// instruction, an address, a conversion or a function of the module computes a wrong value.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printGraph } from "../../../../src/compiler/ir/text.ts";
import { interpret } from "../../../../src/compiler/reference/interpret.ts";
import { graphOf, moves, often, valuesFor } from "../../../support/random-graph.ts";
import type { Move } from "../../../support/random-graph.ts";
import { runWasm, wasmOf } from "../../../support/run-wasm.ts";
import { compareStorage } from "../../../support/tensors.ts";

/** Five rows, so that blocks of two and of four leave a remainder. */
const batchSize = 5;

interface Way {
  readonly float: "f32" | "f64";
  readonly vectors: boolean;
}

async function expectSame(list: readonly Move[], rows: number, { float, vectors }: Way): Promise<void> {
  const { graph } = graphOf(list, float);
  // The interpreter compares doubles, which may differ where numbers rounded to f32 are equal.
  if (float === "f32" && graph.nodes.some(({ op }) => op === "equal")) return;
  const values = valuesFor(graph, rows, 3);
  const expected = interpret(graph, values, rows);
  const actual = runWasm(await wasmOf(graph, { float, vectors, batchSize }), values, rows, batchSize);
  const { worst, at } = compareStorage(actual, expected);
  expect(worst, `${at}, ${rows} rows\n${printGraph(graph)}`).toBeLessThan(float === "f64" ? 1e-12 : 2e-3);
}

describe("WebAssembly computes the value of the graph", () => {
  const rowCounts = fc.integer({ min: 1, max: batchSize });
  it.each<[string, Way]>([
    ["scalars of f64", { float: "f64", vectors: false }],
    ["scalars of f32", { float: "f32", vectors: false }],
    ["vectors of f64", { float: "f64", vectors: true }],
    ["vectors of f32", { float: "f32", vectors: true }],
  ])("with %s", async (_, way) => {
    await fc.assert(
      fc.asyncProperty(moves(), rowCounts, (list, rows) => expectSame(list, rows, way)),
      often(60, 1),
    );
  });
});
