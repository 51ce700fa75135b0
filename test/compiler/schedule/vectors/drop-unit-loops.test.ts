// The removal of loops that run once. If a test fails, a dimension of one element costs a loop, or variables
// of two blocks become one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, binary, integer, number, rows, variable } from "../../../../src/compiler/loop/expressions.ts";
import { printStatements } from "../../../../src/compiler/loop/print.ts";
import { assign, define, loop, store, visitStatements } from "../../../../src/compiler/loop/statements.ts";
import type { LoopProgram, Statement } from "../../../../src/compiler/loop/types.ts";
import { checkLoops } from "../../../../src/compiler/loop/verify.ts";
import { dropUnitLoops } from "../../../../src/compiler/schedule/vectors/drop-unit-loops.ts";
import { buffer, load, program } from "../../../support/loop-program.ts";
import { differences } from "../../../support/programs.ts";
import { graphOf, moves, often, valuesFor } from "../../../support/random-graph.ts";
import { lowered, runLoops } from "../../../support/run-loops.ts";
import { afterStage } from "../../../support/stages.ts";
import { compareStorage } from "../../../support/tensors.ts";

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const x = buffer("x", ["n", 4]);
const y = buffer("y", ["n", 4]);

const dropAll = (loops: LoopProgram): LoopProgram =>
  afterStage(dropUnitLoops, loops, { batchSize: 3, float: "f64" });

function dropped(body: readonly Statement[]): string {
  const before = program(body, x, y);
  const after = dropAll(before);
  checkLoops(after, "drop-unit-loops");
  expect(differences(before, after, { rows: 2, batchSize: 3 })).toEqual([]);
  return printStatements(after.kernels[0].body).join("\n");
}

describe("drop-unit-loops", () => {
  it("replaces the variable by its only value, whatever the loop's start and step", () => {
    const once = {
      ...loop("j", 4, "parallel", [store("y", [i, j], load("x", [i, add(j, integer(-1))]))]),
      from: integer(3),
      step: 2,
    };
    expect(dropped([loop("i", "n", "parallel", [once])])).toBe(
      "for i in 0 .. n: parallel\n  y[i, 3] = x[i, 2]",
    );
  });
  it("keeps loops over rows, loops that run twice and loops that never run", () => {
    const body = [
      loop("i", "n", "parallel", [store("y", [i, integer(0)], number(1, "f64"))]),
      loop("i", 2, "parallel", [store("y", [i, integer(1)], number(1, "f64"))]),
      loop("i", 0, "parallel", [store("y", [i, integer(2)], number(1, "f64"))]),
      { ...loop("i", "n", "parallel", [store("y", [i, integer(3)], number(1, "f64"))]), to: rows, step: 8 },
    ];
    expect(dropped(body)).toBe(printStatements(body).join("\n"));
  });
  it("distinguishes variables of two blocks with the same name", () => {
    const t = variable("t", "f64");
    const block = (column: number) =>
      loop("j", 1, "parallel", [
        define("t", load("x", [j, integer(column)]), true),
        assign("t", binary("+", t, number(1, "f64"))),
        store("y", [j, integer(column)], t),
      ]);
    expect(dropped([block(0), block(1)])).toMatchInlineSnapshot(`
      "var t$: f64 = x[0, 0]
      t$ = t$ + 1
      y[0, 0] = t$
      var t$2: f64 = x[0, 1]
      t$2 = t$2 + 1
      y[0, 1] = t$2"
    `);
  });
  it("changes no bit of random graphs, and leaves no loop that runs once", () => {
    fc.assert(
      fc.property(moves(), fc.integer({ min: 1, max: 3 }), (list, rowCount) => {
        const { graph } = graphOf(list);
        const values = valuesFor(graph, rowCount, 3);
        const before = runLoops(lowered(graph, { unscheduled: true }), values, rowCount);
        const after = lowered(graph, { unscheduled: true, prepare: dropAll });
        for (const { body } of after.program.kernels)
          visitStatements(body, (s) => {
            if (s.kind === "for") expect([s.from, s.to]).not.toEqual([integer(0), integer(1)]);
          });
        expect(compareStorage(runLoops(after, values, rowCount), before).worst).toBe(0);
      }),
      often(80, 12),
    );
  });
});
