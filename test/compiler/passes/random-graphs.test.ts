// Random graphs through the passes. If a test fails, a pass changes what a graph computes, or a derivative is
// wrong in a combination that the samples of single ops do not contain. Add a failing case to `regressions`
// below, with a name.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { parseGraph, printGraph } from "../../../src/compiler/ir/text.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { runStages } from "../../../src/compiler/stages/run.ts";
import { graphPasses } from "../../../src/compiler/pipeline.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { compareWithDifferences } from "../../support/gradients.ts";
import { graphOf, moves, often, valuesFor } from "../../support/random-graph.ts";
import type { Move } from "../../support/random-graph.ts";
import { compareStorage, isIdentical } from "../../support/tensors.ts";
import { work } from "../../support/work.ts";

const rowCounts = fc.integer({ min: 1, max: 4 });
const run = (graph: Graph, passes: typeof graphPasses, exact: boolean) =>
  runStages(passes, [graph], { g: createBuilder("f64"), exact })[0];

/** The outputs of both graphs for the same values. */
function meanings(before: Graph, after: Graph, rows: number) {
  const values = valuesFor(before, rows, 3);
  return { expected: interpret(before, values, rows), actual: interpret(after, values, rows) };
}

function expectIdentical(before: Graph, after: Graph, rows: number): void {
  const { expected, actual } = meanings(before, after, rows);
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, value] of expected) {
    const found = actual.get(name);
    const same = found !== undefined && isIdentical(found, value);
    expect(same, `${name} changed\n${printGraph(before)}\n${printGraph(after)}`).toBe(true);
  }
}

function expectClose(before: Graph, after: Graph, rows: number): void {
  const { expected, actual } = meanings(before, after, rows);
  const { worst, at } = compareStorage(actual, expected);
  expect(worst, `${at}\n${printGraph(before)}\n${printGraph(after)}`).toBeLessThan(1e-9);
}

const uniquePasses = [...new Map(graphPasses.map((pass) => [pass.name, pass])).values()];

/** Lists of moves that once failed, named after the bug that they showed. */
const regressions: readonly (readonly [fault: string, list: readonly Move[]])[] = [];

describe("exact passes compute the same bits", () => {
  it.each(uniquePasses)("$name", (pass) => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => {
        const { graph } = graphOf(list);
        expectIdentical(graph, run(graph, [pass], true), rows);
      }),
      often(150, 1),
    );
  });
  it("all together", () => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => {
        const { graph } = graphOf(list);
        expectIdentical(graph, run(graph, graphPasses, true), rows);
      }),
      often(300, 2),
    );
  });
});

describe("fast passes compute the same numbers", () => {
  it("all together", () => {
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => {
        const { graph } = graphOf(list);
        expectClose(graph, run(graph, graphPasses, false), rows);
      }),
      often(400, 3),
    );
  });
  it.each(regressions)("regression: %s", (_, list) => {
    const { graph } = graphOf(list);
    for (const rows of [1, 3]) {
      expectIdentical(graph, run(graph, graphPasses, true), rows);
      expectClose(graph, run(graph, graphPasses, false), rows);
    }
  });
  // A few more operations are permitted: a factor that is moved out of one sum may still be needed in
  // another.
  it("fast passes add no work, or little", () => {
    fc.assert(
      fc.property(moves(), (list) => {
        const { graph } = graphOf(list);
        const after = run(graph, graphPasses, false);
        expect(work(after), `${printGraph(graph)}\n${printGraph(after)}`).toBeLessThanOrEqual(
          1.1 * work(graph) + 50,
        );
      }),
      often(200, 4),
    );
  });
  it("a second run adds no work either", () => {
    fc.assert(
      fc.property(moves(), (list) => {
        const once = run(graphOf(list).graph, graphPasses, false);
        const twice = run(once, graphPasses, false);
        expect(work(twice), printGraph(once)).toBeLessThanOrEqual(1.1 * work(once) + 50);
      }),
      often(200, 5),
    );
  });
});

describe("gradients", () => {
  it("agree with central differences", () => {
    let judged = 0;
    fc.assert(
      fc.property(moves(), rowCounts, (list, rows) => {
        const { graph, parameters } = graphOf(list, "f64", false);
        const { error, uncertain, derived, difference } = compareWithDifferences(
          graph,
          valuesFor(graph, rows, 3),
          parameters,
          rows,
        );
        if (uncertain) return;
        judged++;
        expect(error, `derived ${derived}, difference ${difference}\n${printGraph(graph)}`).toBeLessThan(
          1e-7,
        );
      }),
      often(400, 6),
    );
    expect(judged, "too many graphs stand on a kink: the test says little").toBeGreaterThan(300);
  });
});

describe("text", () => {
  it.each<readonly [fault: string, list: readonly Move[]]>([
    [
      "a recurrence that occurs in two steps",
      [
        [49, 0, 4, 3, 0],
        [60, 0, 0, 0, 10],
      ],
    ],
  ])("regression: %s", (_, list) => {
    const text = printGraph(graphOf(list).graph);
    expect(printGraph(parseGraph(text, createBuilder("f64")))).toBe(text);
  });
  it("is parsed back to the same graph", () => {
    fc.assert(
      fc.property(moves(), (list) => {
        const text = printGraph(graphOf(list).graph);
        expect(printGraph(parseGraph(text, createBuilder("f64")))).toBe(text);
      }),
      often(200, 7),
    );
  });
});
