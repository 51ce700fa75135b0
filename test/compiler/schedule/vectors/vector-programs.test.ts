// Programs on vectors, compared with their graphs. All lanes that must not affect results contain NaN. If a
// test fails, the WebAssembly target computes a wrong result: it reads a lane too many, computes a row twice
// or not at all, or sums wrong elements.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../../src/compiler/ir/nodes.ts";
import { printGraph } from "../../../../src/compiler/ir/text.ts";
import { tensorType } from "../../../../src/compiler/ir/types.ts";
import type { GraphBuilder } from "../../../../src/compiler/ir/builder.ts";
import { createBuilder } from "../../../../src/compiler/ops/index.ts";
import { runStages } from "../../../../src/compiler/stages/run.ts";
import { graphPasses } from "../../../../src/compiler/pipeline.ts";
import { interpret } from "../../../../src/compiler/reference/interpret.ts";
import { graphOf, moves, often, valuesFor } from "../../../support/random-graph.ts";
import { runLoops } from "../../../support/run-loops.ts";
import { anyStorage, compareStorage } from "../../../support/tensors.ts";
import { vectorLowered } from "../../../support/vector-programs.ts";

type Float = "f32" | "f64";
const floats: readonly Float[] = ["f32", "f64"];
/** The interpreter computes in doubles; f32 is rounded at stores. */
const tolerances: Readonly<Record<Float, number>> = { f32: 1e-3, f64: 1e-12 };

/** The stages that can be skipped. */
const ways: readonly (readonly string[])[] = [
  [],
  ["collapse-loops"],
  ["vectorise"],
  ["hoist-invariants"],
  ["eliminate-common-subexpressions"],
];

function expectSame(
  graph: Graph,
  rows: number,
  batchSize: number,
  float: Float,
  skip: readonly string[],
): void {
  const values = anyStorage(graph, rows, rows);
  const expected = interpret(graph, values, rows);
  const actual = runLoops(vectorLowered(graph, { float, batchSize, skip }), values, rows, batchSize);
  const { worst, at } = compareStorage(actual, expected);
  expect(worst, `${at}, ${rows} of ${batchSize} rows\n${printGraph(graph)}`).toBeLessThan(tolerances[float]);
}

describe("vector programs compute what the graph means", () => {
  const batchSize = 7;
  const rowCounts = fc.integer({ min: 1, max: batchSize });
  describe.each(floats)("%s", (float) => {
    it.each(ways)("random graphs and their gradients, without %s", (...skip) => {
      fc.assert(
        fc.property(moves(), rowCounts, fc.boolean(), (list, rows, isSimplified) => {
          const { graph: derived } = graphOf(list, float);
          // The interpreter compares doubles, which may differ where numbers rounded to f32 are equal.
          if (float === "f32" && derived.nodes.some(({ op }) => op === "equal")) return;
          const context = { g: createBuilder(float), exact: false };
          const graph = isSimplified ? runStages(graphPasses, [derived], context)[0] : derived;
          expectSame(graph, rows, batchSize, float, skip);
        }),
        often(skip.length === 0 ? 80 : 25, 21),
      );
    });
  });
});

const product = (g: GraphBuilder, x: Node, y: Node, sumX: number, sumY: number): Node =>
  g.contract(x, y, { batchX: [], batchY: [], sumX: [sumX], sumY: [sumY] });

/**
 * A layer and the parts of its gradient: contiguous and transposed operands, sums over rows and columns, a
 * softmax.
 */
function layer(inputs: number, units: number, float: Float): Graph {
  const g = createBuilder(float);
  const x = g.input({ name: "x", type: tensorType(float, ["n", inputs]) });
  const w = g.parameter({ name: "w", type: tensorType(float, [inputs, units]) });
  const b = g.parameter({ name: "b", type: tensorType(float, [units]) });
  const h = g.relu(g.add(product(g, x, w, 1, 0), b));
  const most = g.broadcastTo(g.repeatAlong(g.reduceMax(h, { axes: [1] }), [1], ["n", 1]), ["n", units]);
  const e = g.exp(g.subtract(h, most));
  const sums = g.broadcastTo(g.repeatAlong(g.reduceSum(e, { axes: [1] }), [1], ["n", 1]), ["n", units]);
  const shares = g.divide(e, sums);
  return makeGraph("layer", [
    { storage: "h", node: h },
    { storage: "shares", node: shares },
    { storage: "d_w", node: product(g, x, shares, 0, 0) },
    { storage: "d_b", node: g.reduceSum(shares, { axes: [0] }) },
    { storage: "d_x", node: product(g, shares, w, 1, 1) },
    { storage: "moved", node: g.subtract(w, g.multiply(0.1, product(g, x, shares, 0, 0))) },
  ]);
}

describe("every width near the sizes of tiles, every batch", () => {
  const widths = Array.from({ length: 17 }, (_, width) => width + 1);
  describe.each(floats)("%s", (float) => {
    it.each(widths)("%i units", (units) => {
      for (const inputs of [1, 3, 8, 17])
        for (const batchSize of [1, 3, 8]) {
          const graph = layer(inputs, units, float);
          const lowered = vectorLowered(graph, { float, batchSize });
          for (let rows = 1; rows <= batchSize; rows++) {
            const values = valuesFor(graph, rows, units);
            const expected = interpret(graph, values, rows);
            const { worst, at } = compareStorage(runLoops(lowered, values, rows, batchSize), expected);
            const where = `${at}, ${inputs} inputs, ${rows} of ${batchSize} rows`;
            expect(worst, where).toBeLessThan(tolerances[float]);
          }
        }
    });
  });
  it("a width that is copied to panels", () => {
    const graph = layer(130, 40, "f32");
    const lowered = vectorLowered(graph, { float: "f32", batchSize: 16 });
    expect(lowered.program.kernels.map(({ schedule }) => schedule).join()).toContain("panels of w");
    for (const rows of [3, 16]) {
      const values = valuesFor(graph, rows, 1);
      const { worst, at } = compareStorage(
        runLoops(lowered, values, rows, 16),
        interpret(graph, values, rows),
      );
      expect(worst, `${at}, ${rows} rows`).toBeLessThan(tolerances.f32);
    }
  });
  it.each([3, 8, 9])("the maximum of %i negative numbers", (width) => {
    const g = createBuilder("f32");
    const x = g.input({ name: "x", type: tensorType("f32", ["n", width]) });
    const graph = makeGraph("maximum", [{ storage: "most", node: g.reduceMax(x, { axes: [1] }) }]);
    const [[name, { shape, data }]] = anyStorage(graph, 2, width);
    const values = new Map([[name, { shape, data: data.map((value) => -1 - Math.abs(value)) }]]);
    const lowered = vectorLowered(graph, { float: "f32", batchSize: 2 });
    const { worst } = compareStorage(runLoops(lowered, values, 2, 2), interpret(graph, values, 2));
    expect(worst).toBeLessThan(tolerances.f32);
  });
});
