// Register blocking with every shape near the block sizes. If a test fails, a remainder is computed twice, or
// not at all.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { visitStatements } from "../../../src/compiler/loop/statements.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { lowered, runLoops } from "../../support/run-loops.ts";
import { compareStorage, isIdentical } from "../../support/tensors.ts";
import { anyStorage } from "../../support/tensors.ts";

/** relu(x · w + b), and its product with the rows of x, which has the shape of a weight gradient. */
function dense(inputs: number, units: number) {
  const g = createBuilder("f64");
  const x = g.input({ name: "x", type: tensorType("f64", ["n", inputs]) });
  const w = g.parameter({ name: "w", type: tensorType("f64", [inputs, units]) });
  const b = g.parameter({ name: "b", type: tensorType("f64", [units]) });
  const h = g.relu(g.add(g.contract(x, w, { batchX: [], batchY: [], sumX: [1], sumY: [0] }), b));
  const d = g.contract(x, h, { batchX: [], batchY: [], sumX: [0], sumY: [0] });
  return makeGraph("dense", [
    { storage: "h", node: h },
    { storage: "d", node: d },
  ]);
}

describe("register-blocking", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 9, 11])(
    "computes the same bits for %i units and any number of inputs and rows",
    (units) => {
      for (const inputs of [1, 2, 3, 5, 7])
        for (const batchSize of [1, 2, 3, 4, 7]) {
          const graph = dense(inputs, units);
          const blocked = lowered(graph, { batchSize });
          const plain = lowered(graph, { batchSize, skip: ["register-blocking"] });
          for (let rows = 1; rows <= batchSize; rows++) {
            const values = anyStorage(graph, rows, rows);
            const expected = interpret(graph, values, rows);
            const actual = runLoops(blocked, values, rows, batchSize);
            const where = `${inputs} inputs, ${rows} of ${batchSize} rows`;
            expect(compareStorage(actual, expected).worst, where).toBeLessThan(1e-14);
            // Blocking keeps the order of each sum, so no bit may change.
            for (const [name, value] of runLoops(plain, values, rows, batchSize)) {
              const found = actual.get(name);
              expect(found !== undefined && isIdentical(found, value), where).toBe(true);
            }
          }
        }
    },
  );

  it("computes several sums at once where there are several", () => {
    const { program } = lowered(dense(8, 8), { batchSize: 8 });
    let most = 0;
    visitStatements(program.kernels[0].body, (statement) => {
      if (statement.kind !== "for") return;
      most = Math.max(most, statement.body.filter(({ kind }) => kind === "assign").length);
    });
    expect(most, "accumulators in the innermost loop").toBeGreaterThanOrEqual(6);
    expect(most, "more than sixteen registers hold").toBeLessThanOrEqual(16);
  });
});
