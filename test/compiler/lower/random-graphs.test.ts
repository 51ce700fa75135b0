// Random graphs as loops, compared with the interpreter of graphs. If a test fails, lowering, fusion, scalar
// replacement, blocking, hoisting, common-subexpression elimination, addressing or the memory plan changes
// what a graph computes. The loops run in one arena, which is laid out by the plan and filled with NaN to
// show buffers that are reused too early.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { printGraph } from "../../../src/compiler/ir/text.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { runStages } from "../../../src/compiler/stages/run.ts";
import { graphPasses } from "../../../src/compiler/pipeline.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { graphOf, moves, often, valuesFor } from "../../support/random-graph.ts";
import type { Move } from "../../support/random-graph.ts";
import { lowered, loopStages, runLoops } from "../../support/run-loops.ts";
import type { LoopOptions } from "../../support/run-loops.ts";
import { compareStorage } from "../../support/tensors.ts";

/** Five rows, so that blocks of two and of four leave a remainder. */
const batchSize = 5;
const rowCounts = fc.integer({ min: 1, max: batchSize });

const simplified = (graph: Graph): Graph =>
  runStages(graphPasses, [graph], { g: createBuilder("f64"), exact: false })[0];

function expectSame(graph: Graph, rows: number, options: LoopOptions, tolerance = 1e-12): void {
  const values = valuesFor(graph, rows, 3);
  const expected = interpret(graph, values, rows);
  const actual = runLoops(lowered(graph, { ...options, batchSize }), values, rows, batchSize);
  const { worst, at } = compareStorage(actual, expected);
  expect(worst, `${at}, ${rows} rows\n${printGraph(graph)}`).toBeLessThan(tolerance);
}

const ways: readonly (readonly [name: string, options: LoopOptions])[] = [
  ["every stage", {}],
  ["no schedule", { unscheduled: true }],
  ...loopStages.map((stage) => [`all but ${stage}`, { skip: [stage] }] as const),
  ["only required stages", { skip: loopStages }],
];

/** Lists of moves that once failed, named after the bug that they showed. */
const regressions: readonly (readonly [fault: string, list: readonly Move[]])[] = [];

describe("loops compute what the graph means", () => {
  it.each(ways)("%s, graphs as derived", (_, options) => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => expectSame(graphOf(list).graph, rows, options)),
      often(120, 1),
    );
  });
  it.each(ways)("%s, graphs as simplified", (_, options) => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) =>
        expectSame(simplified(graphOf(list).graph), rows, options),
      ),
      often(120, 2),
    );
  });
  it.each(regressions)("regression: %s", (_, list) => {
    for (const [, options] of ways)
      for (const rows of [1, 2, 5]) {
        expectSame(graphOf(list).graph, rows, options);
        expectSame(simplified(graphOf(list).graph), rows, options);
      }
  });
  it("in f32 up to rounding", () => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => {
        const { graph } = graphOf(list, "f32");
        // The interpreter compares doubles, which may differ where numbers rounded to f32 are equal.
        if (graph.nodes.some(({ op }) => op === "equal")) return;
        expectSame(graph, rows, { float: "f32" }, 1e-3);
      }),
      often(300, 3),
    );
  });
});
